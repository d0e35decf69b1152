//! The tenant's own domains, whose MSOID records must not lead to another cloud.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{Endpoint, Pair, Path, PathOptions, Severity, Way};

/// The group of the tenant's domains in labels.
pub const TENANT_GROUP: &str = "tenant";

/// In labels the path of the tenant's domains, which none of the site's ways is: name servers are asked and nothing else.
/// No path of the configuration can be called so.
pub const TENANT_PATH: &str = "dns";

/// What is asked of name servers, and what they should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantCheck {
    /// The name whose alias is looked for: `msoid.contoso.com`, in lower case and without the final dot.
    pub name: String,
    /// Who operates the tenant.
    pub cloud: Cloud,
}

/// Who operates a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// Microsoft.
    #[default]
    Worldwide,
    /// 21Vianet, in China.
    China,
}

impl TenantCheck {
    /// How often the records are looked up where the configuration says nothing: zones change seldom, and slowly.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(15 * 60);

    /// The path of all domains.
    pub fn path() -> Arc<Path> {
        Arc::new(Path { name: TENANT_PATH.to_owned(), way: Way::Direct, options: PathOptions::default() })
    }

    /// The pair of one domain, over [`TenantCheck::path`]. `None` where the name makes no URL, as every host name does.
    pub fn pair(self, path: &Arc<Path>, interval: Duration, timeout: Duration) -> Option<Pair> {
        // RFC 4501, section 3.
        let url = Url::parse(&format!("dns:{}?type=CNAME", self.name)).ok()?;
        let mut endpoint = Endpoint::new(self.name.clone(), url);
        TENANT_GROUP.clone_into(&mut endpoint.group);
        // Nobody of the domain can activate.
        endpoint.severity = Severity::Critical;
        endpoint.interval = interval;
        endpoint.timeout = timeout.min(interval);
        endpoint.tenant = Some(self);
        Some(Pair { endpoint: Arc::new(endpoint), path: Arc::clone(path) })
    }
}
