//! The survey of 2023 again: the answers of 75 authorities give back the percentages that were published of them.

use crate::aggregate::{AcceptedReturn, Aggregator, NationalData, example};
use crate::disclosure::{Earlier, Place, Policies, Shown, clear};
use crate::spec::Specification;
use std::collections::BTreeMap;

const ANSWERS: &str = include_str!("../../../tests/data/practice/answers.csv");
const PUBLISHED: &str = include_str!("../../../tests/data/practice/published.csv");
const AUTHORITIES: usize = 75;

fn lines(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|line| line.expect("a line").iter().map(str::to_owned).collect()).collect()
}

/// The answers of each authority to one question. Answers that leave room for others go round the authorities, so that
/// each of them has one; an answer that stands alone is that of the last of them.
fn dealt(answers: &[(&str, usize)], answered: usize) -> Vec<Vec<String>> {
    let mut dealt: Vec<Vec<String>> = vec![Vec::new(); answered];
    let alone: usize = answers.iter().filter(|(answer, _)| *answer == "DK").map(|(_, count)| count).sum();
    let mut next = 0;
    for (answer, count) in answers {
        for _ in 0..*count {
            let at = if *answer == "DK" { answered - 1 - next % alone } else { next % (answered - alone) };
            dealt[at].push((*answer).to_owned());
            next += 1;
        }
    }
    dealt
}

#[test]
fn the_answers_of_75_authorities_give_back_the_published_percentages() {
    let specification = Specification::embedded().expect("the specification");
    let collection = specification.collection(&specification.examples_for).expect("a collection");
    let mut questions: BTreeMap<String, (usize, Vec<(String, usize)>)> = BTreeMap::new();
    for line in lines(ANSWERS) {
        let number = |at: usize| line[at].parse::<usize>().expect("a number");
        let question = questions.entry(line[0].clone()).or_insert_with(|| (number(3), Vec::new()));
        question.1.push((line[1].clone(), number(2)));
    }
    let mut tables = vec!["QUESTION,ANSWER\n".to_owned(); AUTHORITIES];
    for (question, (answered, answers)) in &questions {
        let answers: Vec<(&str, usize)> = answers.iter().map(|(answer, count)| (answer.as_str(), *count)).collect();
        for (table, given) in tables.iter_mut().zip(dealt(&answers, *answered)) {
            assert!(!given.is_empty(), "everybody who answered {question} gave an answer");
            table.push_str(&format!("{question},{}\n", given.join(";")));
        }
    }
    let mut codes: Vec<String> =
        specification.register.live_on(collection.period.end).map(|one| one.code.clone()).collect();
    codes.sort();
    let returns = codes.into_iter().zip(tables).map(|(authority, practice)| {
        let header = format!("LA,COLLECTION\n{authority},{}\n", collection.id);
        let table = |name: &str, text: &str| (name.to_owned(), example::batch(&specification, name, text));
        AcceptedReturn { authority, tables: [table("header", &header), table("practice", &practice)].into() }
    });
    let national = NationalData::new(&specification, collection, returns.collect()).expect("national data");
    let mut raw = Aggregator::new(&specification, collection).expect("plans").run(&national).expect("counts");
    raw.tables.retain(|table| table.definition.id == "practice");
    let policies = Policies::load(&specification).expect("policies");
    let (tables, _) = clear(&raw, &policies, &Earlier::default()).expect("cleared tables");
    let table = tables.table("practice").expect("the table");
    let published = lines(PUBLISHED);
    assert!(published.len() > 40, "the survey's percentages are there");
    for line in published {
        let (column, number) =
            if line[2].is_empty() { ("answer_count", &line[3]) } else { ("answer_percent", &line[2]) };
        let wanted = Shown::Number(number.parse().expect("a number"));
        let shown = table.figure(Place::England, &[&line[0], &line[1]], ("Total", "Total"), column);
        assert_eq!(shown, Some(wanted), "{}: {}", line[0], line[1]);
    }
    assert!(table.rows().iter().all(|row| !matches!(row.place, Place::Authority(_))), "England and regions only");
}
