//! `dingtalk-notify outbox run`: delivers what is in the queue.

use std::{process::ExitCode, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    super::{Program, Result, send::FLUSH, words::words},
    arguments::RunArguments,
};
use crate::{
    Settings,
    metrics::Metrics,
    outbox::{self, Deliverer, Lane, Robots, Until, Watch, deliverer::becomes_served, detached},
    transport::{http::Operators, told_to_stop},
};

/// Time for a detached process to begin.
const BEGIN: Duration = Duration::from_secs(10);

pub(super) async fn run(program: &Program, arguments: RunArguments) -> Result<ExitCode> {
    let settings = arguments.place.settings();
    if arguments.detach {
        return detach(program, &settings).await;
    }
    let robots = if arguments.detached { Robots::Complete } else { Robots::All };
    let lanes = settings.lanes(robots)?;
    let store = outbox::open(&settings)?;
    let watch = Watch::new(&settings, Arc::clone(&store), &lanes);
    let operators = operators(program, &arguments, &settings, watch).await?;
    outbox::name_robots(&settings, &lanes).await?;
    let queue = outbox::queue(&settings, Arc::clone(&store), &lanes, true)?;
    if arguments.detached {
        detached::leave()?;
    } else {
        program.tell(delivering(&lanes));
    }
    let until = match (arguments.detached, arguments.drain) {
        (true, _) => Until::Detached,
        (false, true) => Until::Drained,
        (false, false) => Until::Stopped,
    };
    let deliver = Deliverer::new(queue, store, &lanes).run(until, told_to_stop());
    let left = match operators {
        Some(operators) => operators.beside(deliver, told_to_stop()).await?,
        None => deliver.await?,
    };
    if let Some(state) = settings.state() {
        // The month counts the outcomes of the last requests, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    if let Some(left) = left {
        program
            .tell(words(format!("stopped; {left}"), format!("已停止；队列里还有 {} 条通知", left.total())));
    }
    Ok(ExitCode::SUCCESS)
}

/// Listens at the address for operators, if there is one.
async fn operators(
    program: &Program,
    arguments: &RunArguments,
    settings: &Settings,
    watch: Watch,
) -> Result<Option<Operators>> {
    let Some(address) = &arguments.admin else { return Ok(None) };
    let metrics = Metrics::default();
    metrics.watch(Some(Arc::new(watch)));
    let operators = Operators::prepare(metrics, address.bind().await?, &settings.http_options()?)?;
    let at = operators.address()?;
    program.tell(format_args!("{} http://{at}/metrics", words("metrics at", "指标地址：")));
    Ok(Some(operators))
}

fn delivering(lanes: &[Lane]) -> String {
    let unnamed = words("the robot of the environment", "环境变量中的机器人");
    let names: Vec<&str> = lanes.iter().map(|lane| lane.name.as_deref().unwrap_or(unnamed)).collect();
    words(
        format!("delivering what is queued for {}", names.join(", ")),
        format!("正在发送队列里的通知，机器人：{}", names.join("、")),
    )
}

/// Starts a process that delivers what is queued and ends then, unless one is running.
async fn detach(program: &Program, settings: &Settings) -> Result<ExitCode> {
    let lanes = settings.lanes(Robots::Complete)?;
    let store = outbox::open(settings)?;
    for lane in &lanes {
        if !outbox::deliverer::is_served(&*store, &lane.key()).await? {
            start(settings)?;
            break;
        }
    }
    for lane in &lanes {
        if !becomes_served(&*store, &lane.key(), BEGIN).await? {
            program.tell(words(
                "the process that was to deliver did not begin; run `outbox run`, which says why",
                "负责发送的进程没有启动；请运行 `outbox run` 查看原因",
            ));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts a detached process.
pub(in crate::program) fn start(settings: &Settings) -> Result<()> {
    let detached = settings.detached().ok_or("there is no directory for the state")?;
    detached.start()?;
    Ok(())
}
