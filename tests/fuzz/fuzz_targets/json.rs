#![cfg_attr(fuzzing, no_main)]

homeward_fuzz::target!("json");
