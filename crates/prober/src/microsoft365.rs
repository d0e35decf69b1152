//! Microsoft's own list of what Microsoft 365 needs to reach: what it says, read with care.
//!
//! People read the list as the page "Microsoft 365 URLs and IP address ranges"
//! (<https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges>), programs get it from the "Office 365
//! IP Address and URL web service" (<https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-ip-web-service>):
//!
//! | asked for | reader |
//! |---|---|
//! | `/version`, `/version/{instance}` | [`Latest`] |
//! | `/endpoints/{instance}` | [`List`] |
//! | `/changes/{instance}/{version}` | [`Changes`] |
//!
//! Nothing here does I/O. What is read came over the network that is being watched, so every count and length is bounded,
//! and a document is taken whole or not at all: half an allowlist is worse than the one from last month.

mod area;
mod changes;
mod drift;
mod former;
mod instance;
mod latest;
mod list;
mod pattern;
mod ports;
mod ranges;
mod reading;
mod stale;
mod version;
mod wanted;

pub use self::area::{Category, ServiceArea, UnknownCategory};
pub use self::changes::{Added, Change, Changes, Disposition, Impact, Removed, Terms};
pub use self::drift::{Drift, Unlisted, drift, is_pending, news};
pub use self::former::Former;
pub use self::instance::{Instance, UnknownInstance};
pub use self::latest::Latest;
pub use self::list::{List, Record};
pub use self::pattern::{HostPattern, NoPattern};
pub use self::ports::{NoPorts, Ports};
pub use self::ranges::{Held, HostRanges, Ranges};
pub use self::reading::{Flaw, MAX_BYTES, ReadError};
pub use self::stale::{brings_anything, is_stale};
pub use self::version::{NoVersion, Version};
pub use self::wanted::{Wanted, is_of_a_certificate_authority, wanted};

/// Where the service lives, for every instance.
pub const SERVICE: &str = "https://endpoints.office.com";
