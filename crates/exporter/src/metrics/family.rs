//! What families there are: names, types and help texts.

/// A metric family of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    /// The name, with unit and `_total` where they belong.
    pub(super) name: &'static str,
    /// The type.
    pub(super) kind: Kind,
    /// What it means, in one line.
    pub(super) help: &'static str,
}

/// The type of a family written from the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only goes up.
    Counter,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

macro_rules! families {
    ($($constant:ident = $kind:ident $name:literal $help:literal;)+) => {
        $(pub(super) const $constant: Family = Family { name: $name, kind: Kind::$kind, help: $help };)+

        /// Every family that can come from a snapshot.
        #[cfg(test)]
        pub(super) const ALL: &[Family] = &[$($constant),+];
    };
}

families! {
    ENDPOINT_REACHABLE = Gauge "reachwatch_endpoint_reachable"
        "Whether clients get through: 1 reachable or degraded, 0 blocked, absent while unknown.";
    ENDPOINT_STATE = Gauge "reachwatch_endpoint_state"
        "The confirmed state: 1 for the current one, 0 for the others.";
    ENDPOINT_CAUSE = Gauge "reachwatch_endpoint_cause"
        "Why the endpoint is not reachable, where it stopped and who has to act; absent while reachable.";
    ENDPOINT_SINCE = Gauge "reachwatch_endpoint_state_since_timestamp_seconds"
        "When the confirmed state began.";
    PROBE_PHASE = Gauge "reachwatch_probe_phase_seconds"
        "What the phases of the last probe took; a phase that did not run is absent.";
    PROBES = Counter "reachwatch_probes_total"
        "Probes by their raw result, before confirmation.";
    PROBE_LAST = Gauge "reachwatch_probe_last_timestamp_seconds"
        "When the last probe ended.";
    RECEIVED = Counter "reachwatch_received_bytes_total"
        "Bytes of HTTP received by the probes, within TLS and tunnels.";
    HTTP_STATUS = Gauge "reachwatch_http_status_code"
        "The status of the last probe's answer in the origin's place.";
    PROXY_STATUS = Gauge "reachwatch_proxy_status_code"
        "The status of the proxy's own answer to the last probe.";
    TLS_INFO = Gauge "reachwatch_tls_info"
        "The last probe's handshake in the origin's place and where its certificate chain ends; always 1.";
    TLS_NOT_AFTER = Gauge "reachwatch_tls_certificate_not_after_timestamp_seconds"
        "The end of the leaf certificate's validity, also of one that did not verify.";
    TLS_VERSION = Gauge "reachwatch_tls_version_supported"
        "Whether a handshake of this version alone passed in the last audit.";
    TLS_LARGE_HELLO = Gauge "reachwatch_tls_large_hello_supported"
        "Whether a handshake with a post-quantum key share passed in the last audit.";
    AUDIT_LAST = Gauge "reachwatch_tls_audit_last_timestamp_seconds"
        "When the last audit of TLS ended.";
    CRL_THIS_UPDATE = Gauge "reachwatch_crl_this_update_timestamp_seconds"
        "When the last readable CRL was issued.";
    CRL_NEXT_UPDATE = Gauge "reachwatch_crl_next_update_timestamp_seconds"
        "When the successor of the last readable CRL is due.";
    CRL_REVOKED = Gauge "reachwatch_crl_revoked_certificates"
        "How many certificates the last readable CRL revokes.";
    CRL_SIZE = Gauge "reachwatch_crl_size_bytes"
        "The size of the last readable CRL.";
    CRL_FRESHNESS = Gauge "reachwatch_crl_freshness_required"
        "Whether an outdated or withdrawn CRL is a matter, by the configuration.";
    CRL_SIGNATURE = Gauge "reachwatch_crl_signature_valid"
        "Whether the signature of the last readable CRL holds; absent while unchecked.";
    MAINTENANCE = Gauge "reachwatch_maintenance"
        "1 while a maintenance window covers the result; absent otherwise.";
    PATH_MAINTENANCE = Gauge "reachwatch_path_maintenance"
        "Whether maintenance windows cover every endpoint of the path.";
    SITE_MAINTENANCE = Gauge "reachwatch_site_maintenance"
        "Whether maintenance windows cover every endpoint over every path.";
    PATH_STATE = Gauge "reachwatch_path_state"
        "What the results of a path say together: 1 for the current state, 0 for the others.";
    TLS_ENDPOINTS = Gauge "reachwatch_tls_endpoints"
        "Endpoints whose TLS handshake completes on a path, whoever it is with.";
    INTERCEPTED_ENDPOINTS = Gauge "reachwatch_intercepted_endpoints"
        "Endpoints in whose place somebody else completes the TLS handshake; announced are those of inspection_roots.";
    ENDPOINT_INTERCEPTED = Gauge "reachwatch_endpoint_intercepted"
        "1 while somebody answers in the endpoint's place; announced is who stands under inspection_roots.";
    OPEN_INCIDENTS = Gauge "reachwatch_open_incidents"
        "What is open now, every trouble once: a site that is offline, paths that are down, and endpoints besides.";
    CLOCK_OFFSET = Gauge "reachwatch_clock_offset_seconds"
        "By how much this machine's clock is behind those of origins, the median; negative where it is ahead.";
    HISTORY_WRITABLE = Gauge "reachwatch_history_writable"
        "Whether the history is kept where it should be: 1, or 0 while it cannot be written.";
    HISTORY_SIZE = Gauge "reachwatch_history_size_bytes"
        "How much the history takes on the disk, or in memory where it is kept there.";
    HISTORY_DROPPED = Counter "reachwatch_history_dropped_total"
        "What the history lost because it could not be written for too long.";
    HISTORY_SET_ASIDE = Gauge "reachwatch_history_set_aside_files"
        "History files that could not be read; a new one was begun, and they lie beside it.";
    LIST_VERSION = Gauge "reachwatch_microsoft365_version_info"
        "The version of Microsoft's endpoint list that is held; always 1.";
    LIST_UNCOVERED = Gauge "reachwatch_microsoft365_uncovered_hosts"
        "Hosts of Microsoft's list that count here and that no endpoint is about.";
    LIST_UNCOVERED_PATTERNS = Gauge "reachwatch_microsoft365_uncovered_patterns"
        "Patterns of hosts in Microsoft's list that count here and that no endpoint matches.";
    LIST_UNLISTED = Gauge "reachwatch_microsoft365_unlisted_endpoints"
        "Endpoints that Microsoft listed once and no longer does.";
    LIST_PENDING = Gauge "reachwatch_microsoft365_pending_changes"
        "Changes of Microsoft's list that are still to come into effect.";
    LIST_SUCCESSFUL = Gauge "reachwatch_microsoft365_last_fetch_successful"
        "Whether the last attempt to get Microsoft's list brought what there is; absent before the first.";
    LIST_CONFIRMED = Gauge "reachwatch_microsoft365_last_confirmed_timestamp_seconds"
        "When Microsoft's service said for the last time that the list that is held is the newest.";
    SITE_ONLINE = Gauge "reachwatch_site_online"
        "Whether the site gets out at all: 1 or 0, absent while unknown.";
    SITE_INFO = Gauge "reachwatch_site_info"
        "The site's name, and where people reach this server if it was told; always 1.";
    PROCESS_CPU = Counter "process_cpu_seconds_total"
        "Time that processors spent on this process, in its own code and in the kernel.";
    PROCESS_MAX_FDS = Gauge "process_max_fds"
        "The most file descriptors that may be open.";
    PROCESS_OPEN_FDS = Gauge "process_open_fds"
        "Open file descriptors.";
    PROCESS_START = Gauge "process_start_time_seconds"
        "When the process started.";
    PROCESS_RESIDENT = Gauge "process_resident_memory_bytes"
        "Resident memory.";
    PROCESS_THREADS = Gauge "process_threads"
        "Threads of the operating system.";
    PROCESS_VIRTUAL = Gauge "process_virtual_memory_bytes"
        "Virtual memory.";
    BUILD_INFO = Gauge "reachwatch_build_info"
        "Version and revision of reachwatch; always 1.";
}
