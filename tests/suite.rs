//! The one integration binary: each binary that links DataFusion costs a link of several hundred megabytes.

#[path = "suite/authorisation.rs"]
mod authorisation;
#[path = "suite/catalogue.rs"]
mod catalogue;
#[path = "suite/check_crowded.rs"]
mod check_crowded;
#[path = "suite/check_pipeline.rs"]
mod check_pipeline;
#[path = "suite/check_privacy.rs"]
mod check_privacy;
#[path = "suite/check_support.rs"]
mod check_support;
#[path = "suite/check_workbook.rs"]
mod check_workbook;
#[path = "suite/collecting.rs"]
mod collecting;
#[path = "suite/configuration.rs"]
mod configuration;
#[path = "suite/drafts.rs"]
mod drafts;
#[path = "suite/ees/mod.rs"]
mod ees;
#[path = "suite/evidence/mod.rs"]
mod evidence;
#[path = "suite/finding_names.rs"]
mod finding_names;
#[path = "suite/functions_page.rs"]
mod functions_page;
#[path = "fuzz/src/held.rs"]
mod held;
#[path = "suite/intake_amounts.rs"]
mod intake_amounts;
#[path = "suite/intake_archive.rs"]
mod intake_archive;
#[path = "suite/intake_corpus.rs"]
mod intake_corpus;
#[path = "suite/intake_csv.rs"]
mod intake_csv;
#[path = "suite/intake_examples.rs"]
mod intake_examples;
#[path = "suite/intake_header.rs"]
mod intake_header;
#[path = "suite/intake_hostile.rs"]
mod intake_hostile;
#[path = "suite/intake_json.rs"]
mod intake_json;
#[path = "suite/intake_properties.rs"]
mod intake_properties;
#[path = "suite/intake_support.rs"]
mod intake_support;
#[path = "suite/intake_workbook.rs"]
mod intake_workbook;
#[path = "suite/lifecycle.rs"]
mod lifecycle;
#[path = "suite/moves.rs"]
mod moves;
#[path = "suite/openapi.rs"]
mod openapi;
#[path = "suite/other_returns.rs"]
mod other_returns;
#[path = "suite/recovery.rs"]
mod recovery;
#[path = "suite/release_life.rs"]
mod release_life;
#[path = "suite/releases.rs"]
mod releases;
#[path = "suite/rule_examples.rs"]
mod rule_examples;
#[path = "suite/rule_mutations.rs"]
mod rule_mutations;
#[path = "suite/sample_faults.rs"]
mod sample_faults;
#[path = "suite/sample_support.rs"]
mod sample_support;
#[path = "suite/samples.rs"]
mod samples;
#[path = "suite/schemas.rs"]
mod schemas;
#[path = "suite/sent_anew.rs"]
mod sent_anew;
#[path = "suite/service/mod.rs"]
mod service;
#[path = "suite/service_support.rs"]
mod service_support;
#[path = "suite/sign_in.rs"]
mod sign_in;
#[path = "suite/specification_change.rs"]
mod specification_change;
#[path = "suite/tidy.rs"]
mod tidy;
#[path = "suite/transactions.rs"]
mod transactions;
#[path = "suite/upgrade.rs"]
mod upgrade;
