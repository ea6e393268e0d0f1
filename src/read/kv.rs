//! stub
use super::*;
/// stub
pub fn dotenv<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn ini<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn npmrc<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn lines<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn fish_variables<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn environ<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
