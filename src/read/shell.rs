//! stub
use super::*;
/// stub
pub fn rc<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
/// stub
pub fn history<'a>(source: &'a [u8], _l: &Limits) -> Document<'a> {
    Document { source, fields: vec![], tree: None, problem: None }
}
