//! Which part of Microsoft's list is meant.

use prober::microsoft365::{Category, List, Record, ServiceArea};
use thiserror::Error;

/// Which records are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The services in use; all where empty. `Common` is always in, as Microsoft's service has it.
    pub(crate) areas: Vec<ServiceArea>,
    /// The categories; all where empty.
    pub(crate) categories: Vec<Category>,
    /// Whether records count that are not required.
    pub(crate) optional: bool,
}

/// The selection names what the list has not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NothingSelected {
    /// A service area without a record.
    #[error("the list has no service area {0}; it has {1}")]
    Area(ServiceArea, String),
    /// Each option by itself selects something.
    #[error("no record of the list matches all of the options")]
    Together,
}

impl Selection {
    /// Whether a record is taken.
    pub(crate) fn admits(&self, record: &Record) -> bool {
        let area = &record.area;
        (self.areas.is_empty() || *area == ServiceArea::Common || self.areas.iter().any(|one| one.is_same(area)))
            && (self.categories.is_empty() || self.categories.contains(&record.category))
            && (self.optional || record.required)
    }

    /// The records that are taken, in the list's order.
    pub(crate) fn of<'a>(&self, list: &'a List) -> Result<Vec<&'a Record>, NothingSelected> {
        let is_there = |area: &ServiceArea| list.records.iter().any(|record| record.area.is_same(area));
        if let Some(strange) = self.areas.iter().find(|area| !is_there(area)) {
            let mut areas: Vec<_> = list.records.iter().map(|record| record.area.as_str()).collect();
            areas.sort_unstable();
            areas.dedup();
            return Err(NothingSelected::Area(strange.clone(), areas.join(", ")));
        }
        let records: Vec<_> = list.records.iter().filter(|record| self.admits(record)).collect();
        if records.is_empty() { Err(NothingSelected::Together) } else { Ok(records) }
    }
}

#[cfg(test)]
mod tests {
    use prober::microsoft365::Instance;

    use super::*;

    const LIST: &[u8] = include_bytes!("../../../tests/fixtures/microsoft365/list.json");

    fn ids(areas: &[&str], categories: &[Category], optional: bool) -> Result<Vec<u32>, NothingSelected> {
        let list = List::read(Instance::Worldwide, LIST).unwrap();
        let areas = areas.iter().map(|area| ServiceArea::new(area)).collect();
        let selection = Selection { areas, categories: categories.to_vec(), optional };
        selection.of(&list).map(|records| records.iter().map(|record| record.id).collect())
    }

    #[test]
    fn required_ones_by_default_and_common_ones_always() {
        assert_eq!(ids(&[], &[], false), Ok(vec![1, 8, 11, 32, 47, 125, 163]));
        assert_eq!(ids(&[], &[], true), Ok(vec![1, 2, 8, 11, 32, 47, 125, 163, 200]));
        assert_eq!(ids(&["exchange"], &[], true), Ok(vec![1, 2, 8, 47, 125]));
        assert_eq!(ids(&["skype", "viva"], &[], true), Ok(vec![11, 47, 125, 200]));
        assert_eq!(ids(&[], &[Category::Optimize, Category::Allow], false), Ok(vec![1, 11, 32, 163]));
        assert_eq!(ids(&["exchange"], &[Category::Default], false), Ok(vec![8, 47, 125]));
    }

    #[test]
    fn what_the_list_has_not_is_named() {
        let error = ids(&["exchang"], &[], false).unwrap_err().to_string();
        let areas = "Common, Exchange, MEM, SharePoint, Skype, Viva";
        assert_eq!(error, format!("the list has no service area exchang; it has {areas}"));
        let list = "[{\"id\": 1, \"serviceArea\": \"Skype\", \"category\": \"Allow\", \"required\": false}]";
        let list = List::read(Instance::Worldwide, list.as_bytes()).unwrap();
        assert_eq!(Selection::default().of(&list), Err(NothingSelected::Together));
    }
}
