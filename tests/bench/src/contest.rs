//! The contest: contenders in turn, the same schedule, the origin counting.

use std::path::Path;
use std::time::Duration;

use crate::contender::{Contender, Kind};
use crate::cpu;
use crate::peers::Peers;

/// Time for a contender to reach its steady schedule before it is counted.
const WARM_UP: Duration = Duration::from_secs(4);
/// A window whose count is off by more than this share is thrown away and taken again.
const TOLERANCE: f64 = 0.03;
/// How often a window is taken again before the run gives up.
const ATTEMPTS: usize = 5;

/// Runs every scenario and prints a row for each.
pub(crate) async fn run(
    binary: &Path,
    rate: u32,
    window: Duration,
    rounds: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let peers = Peers::start().await?;
    println!("| way | reachwatch | bare loop | ratio (median of {rounds}) | ratios |\n|---|---|---|---|---|");
    for through_proxy in [false, true] {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _round in 0..rounds {
            let product = measure(&peers, Kind::Product(binary.to_owned()), through_proxy, rate, window).await?;
            let bare = measure(&peers, Kind::Bare, through_proxy, rate, window).await?;
            ours.push(product);
            theirs.push(bare);
            ratios.push(product / bare);
        }
        let shown: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        println!(
            "| {} | {:.3} s | {:.3} s | {:.2} | {} |",
            if through_proxy { "through squid" } else { "direct" },
            median(&mut ours),
            median(&mut theirs),
            median(&mut ratios),
            shown.join(" ")
        );
    }
    Ok(())
}

/// CPU seconds per 1,000 probes of one contender in one window.
async fn measure(
    peers: &Peers,
    kind: Kind,
    through_proxy: bool,
    rate: u32,
    window: Duration,
) -> Result<f64, Box<dyn std::error::Error>> {
    for _attempt in 0..ATTEMPTS {
        let contender = Contender::start(&kind, peers, through_proxy, rate)?;
        tokio::time::sleep(WARM_UP).await;
        let (used, served_before) = (contender.cpu()?, peers.served().await?);
        tokio::time::sleep(window).await;
        let (spent, served) =
            (contender.cpu()?.saturating_sub(used), peers.served().await?.saturating_sub(served_before));
        let expected = f64::from(rate) * window.as_secs_f64();
        let served = cpu::as_f64(served);
        if (served / expected - 1.0).abs() <= TOLERANCE {
            return Ok(spent.as_secs_f64() * 1000.0 / served);
        }
        eprintln!("window thrown away: {served} probes where {expected} were due ({kind:?})");
    }
    Err(format!("no window within {} % of its schedule", TOLERANCE * 100.0).into())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
