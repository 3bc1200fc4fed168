//! Parameters of queries: `$period_end` becomes a literal before the query is planned.

use super::error::EngineError;
use chrono::NaiveDate;
use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Query, TypedString, Value, ValueWithSpan, visit_expressions_mut,
};
use datafusion::sql::sqlparser::tokenizer::Span;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The value of a parameter. It comes from the specification or the collection, never from a return's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    Date(NaiveDate),
    Integer(i64),
    Text(String),
}

/// Puts the values of the parameters in the place of their names. Done on the parsed query, so that a text with quotes
/// stays a text.
pub(super) fn substitute(query: &mut Query, parameters: &BTreeMap<String, Parameter>) -> Result<(), EngineError> {
    let found = visit_expressions_mut(query, |expression| {
        let Expr::Value(ValueWithSpan { value: Value::Placeholder(name), span }) = expression else {
            return ControlFlow::Continue(());
        };
        match name.strip_prefix('$').and_then(|name| parameters.get(name)) {
            Some(parameter) => {
                *expression = literal(parameter, *span);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break((name.clone(), *span)),
        }
    });
    let ControlFlow::Break((name, span)) = found else {
        return Ok(());
    };
    let known: Vec<_> = parameters.keys().map(|name| format!("${name}")).collect();
    let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are {}", known.join(", ")) };
    let placed = span != Span::empty();
    Err(EngineError::Plan {
        message: format!("there is no parameter {name}; {known}"),
        line: placed.then_some(span.start.line),
        column: placed.then_some(span.start.column),
    })
}

fn literal(parameter: &Parameter, span: Span) -> Expr {
    let value = |value: Value| ValueWithSpan { value, span };
    match parameter {
        Parameter::Date(day) => Expr::TypedString(TypedString {
            data_type: DataType::Date,
            value: value(Value::SingleQuotedString(day.format("%Y-%m-%d").to_string())),
            uses_odbc_syntax: false,
        }),
        Parameter::Integer(number) => Expr::Value(value(Value::Number(number.to_string(), false))),
        Parameter::Text(text) => Expr::Value(value(Value::SingleQuotedString(text.clone()))),
    }
}
