//! Resident memory: at rest, after many probes, and while a thousand targets keep their connections open and say nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::chains::Keys;
use crate::contender::{Contender, Kind, Place};
use crate::load::Load;
use crate::peers::Peers;
use crate::task::{Pace, Task};
use crate::wait::until;

/// Probes after which memory is read.
const MANY: u64 = 10_000;
/// How those are spread: so that each contender manages them easily, and none has more under way than another.
const STEADILY: Pace = Pace::Even { targets: 1000, every: Duration::from_secs(4) };
/// Targets that hang.
const HANGING: u32 = 1000;
/// How long they may.
const PATIENT: Duration = Duration::from_secs(60);

/// MiB of a contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// One target, probed once if at all.
    pub(crate) idle: f64,
    /// After 10,000 probes of 1,000 targets.
    pub(crate) worked: f64,
    /// While 1,000 targets hang.
    pub(crate) hanging: f64,
}

impl Memory {
    /// Measures a contender.
    pub(crate) async fn of(kind: Kind, peers: &Peers, place: Place<'_>) -> Result<Self, Box<dyn std::error::Error>> {
        let origin = peers.origin(Keys::P256);
        let before = origin.served().await?;
        let alone = Task::direct(origin, Pace::Together { targets: 1 });
        let contender = Contender::start(kind, place, &alone).await?;
        if kind == Kind::Product {
            let probed = async || origin.served().await.ok().filter(|served| *served > before);
            until("its first probe", probed).await?;
        }
        let idle = contender.memory()?;
        drop(contender);

        let before = origin.served().await?;
        let busy = Task::direct(origin, STEADILY);
        let contender = Contender::start(kind, place, &busy).await?;
        let load = Load::on(&contender, kind, &busy)?;
        until("10,000 probes", async || origin.served().await.ok().filter(|served| *served >= before + MANY)).await?;
        let worked = contender.memory()?;
        drop((load, contender));

        let silent = Silent::open().await?;
        let hangs = Task {
            origin: silent.address,
            timeout: PATIENT,
            ..Task::direct(origin, Pace::Together { targets: HANGING })
        };
        let contender = Contender::start(kind, place, &hangs).await?;
        let load = Load::on(&contender, kind, &hangs)?;
        until("all targets hang", async || (silent.held() >= HANGING).then_some(())).await?;
        let hanging = contender.memory()?;
        drop(load);
        Ok(Self { idle, worked, hanging })
    }
}

/// An origin that takes connections and never says a word.
struct Silent {
    address: SocketAddr,
    held: Arc<AtomicU32>,
    _accepting: JoinSet<()>,
}

impl Silent {
    async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let held = Arc::<AtomicU32>::default();
        let mut accepting = JoinSet::new();
        let counter = Arc::clone(&held);
        accepting.spawn(async move {
            let mut connections = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.push(connection);
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { address, held, _accepting: accepting })
    }

    fn held(&self) -> u32 {
        self.held.load(Ordering::Relaxed)
    }
}
