//! One script in one JavaScript engine, within its limits. Lives and dies on one thread.

use std::rc::Rc;

use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::convert::Coerced;
use rquickjs::{Context, Ctx, Error, Function, Object, Runtime, Value};

use super::builtin;
use super::desk::Desk;
use super::question::Question;
use super::text::is_page;
use crate::observation::{NotScript, PacFlaw};
use crate::text::Clean;

/// Memory of the engine, in bytes: its own needs are 200 KiB.
const MEMORY_LIMIT: usize = 32 * 1024 * 1024;

/// Stack of the engine, in bytes. The thread has to have more.
pub(super) const STACK_LIMIT: usize = 1024 * 1024;

/// What every script finds in place of some of the engine's own functions: a function that puts it there, given one to
/// charge for work.
const GUARD: &str = include_str!("guard.js");

/// Functions for scripts that are not made of Rust.
const FUNCTIONS: &str = include_str!("functions.js");

/// What a script finds of the language. Typed arrays, weak references, proxies and clocks no file needs, and some of them
/// run for longer than can be interrupted.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::Promise,
);

/// How the script is called in the engine's traces, from which lines are read.
const FILE_NAME: &str = "proxy.pac";

/// The entry points, in the order in which they are looked for. The first one tells Windows that the file knows of IPv6.
const ENTRY_POINTS: [&str; 2] = ["FindProxyForURLEx", "FindProxyForURL"];

/// Why a script did not come to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// It needs an address; the desk knows of whom.
    Wants,
    /// Its own fault.
    Flaw(PacFlaw),
    /// The engine's.
    Broken(Error),
}

/// A loaded script.
pub(super) struct Sandbox {
    /// Keeps its runtime alive.
    context: Context,
    desk: Rc<Desk>,
}

impl Sandbox {
    /// Loads a script: runs all that stands outside of its functions.
    pub(super) fn load(script: &str, desk: &Rc<Desk>) -> Result<Self, Stop> {
        let runtime = Runtime::new().map_err(Stop::Broken)?;
        runtime.set_memory_limit(MEMORY_LIMIT);
        runtime.set_max_stack_size(STACK_LIMIT);
        let at = Rc::clone(desk);
        runtime.set_interrupt_handler(Some(Box::new(move || at.must_stop())));
        let context = Context::custom::<Intrinsics>(&runtime).map_err(Stop::Broken)?;
        let sandbox = Self { context, desk: Rc::clone(desk) };
        sandbox.context.with(|ctx| {
            ctx.eval::<Function<'_>, _>(GUARD)
                .and_then(|guard| guard.call::<_, ()>((builtin::charge(&ctx, desk)?,)))
                .and_then(|()| builtin::install(&ctx, desk))
                .and_then(|()| ctx.eval::<(), _>(FUNCTIONS))
                .map_err(Stop::Broken)?;
            sandbox.run(&ctx, script).map_err(|stop| as_loading(stop, script))
        })?;
        Ok(sandbox)
    }

    fn run(&self, ctx: &Ctx<'_>, script: &str) -> Result<(), Stop> {
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE_NAME.to_owned());
        let result = ctx.eval_with_options::<(), _>(script, options);
        self.conclude(ctx, result)?;
        match entry_point(ctx) {
            Some(_) => Ok(()),
            None => Err(Stop::Flaw(PacFlaw::NoEntryPoint)),
        }
    }

    /// Asks the script for the way to a URL.
    pub(super) fn find(&self, question: &Question) -> Result<String, Stop> {
        self.context.with(|ctx| {
            // What the script did to its globals is its own affair, as in browsers.
            let Some((global, function)) = entry_point(&ctx) else { return Err(Stop::Flaw(PacFlaw::NoEntryPoint)) };
            let this = rquickjs::function::This(global);
            let result = function.call::<_, Value<'_>>((this, question.url.as_str(), question.host.as_str()));
            self.conclude(&ctx, result).and_then(|value| self.answer(&ctx, &value))
        })
    }

    fn answer(&self, ctx: &Ctx<'_>, value: &Value<'_>) -> Result<String, Stop> {
        let Some(string) = value.as_string() else {
            return Err(Stop::Flaw(PacFlaw::WrongReturn { returned: type_of(value).into() }));
        };
        match string.to_string() {
            Ok(answer) if answer.is_ascii() => Ok(answer),
            Ok(answer) => Err(Stop::Flaw(PacFlaw::NotAscii { answer: Clean::new(&answer) })),
            Err(Error::Utf8(_)) => {
                Err(Stop::Flaw(PacFlaw::NotAscii { answer: Clean::new(&char::REPLACEMENT_CHARACTER.to_string()) }))
            }
            Err(error) => Err(self.stop(ctx, &error)),
        }
    }

    /// Runs what the script has put off (promises), and says how it all ended.
    fn conclude<T>(&self, ctx: &Ctx<'_>, result: rquickjs::Result<T>) -> Result<T, Stop> {
        let value = result.map_err(|error| self.stop(ctx, &error))?;
        while !self.desk.was_stopped() && ctx.execute_pending_job() {}
        if self.desk.wants() {
            // It caught the exception; without the address its answer is worth nothing.
            return Err(Stop::Wants);
        }
        if self.desk.was_stopped() { Err(Stop::Flaw(PacFlaw::CpuLimit)) } else { Ok(value) }
    }

    fn stop(&self, ctx: &Ctx<'_>, error: &Error) -> Stop {
        // In this order: the engine is also interrupted where an address is wanted.
        let thrown = ctx.catch();
        if self.desk.wants() {
            return Stop::Wants;
        }
        if self.desk.was_stopped() {
            return Stop::Flaw(PacFlaw::CpuLimit);
        }
        let flaw = match error {
            Error::Exception | Error::Unknown => Self::exception(ctx, &thrown),
            Error::Allocation => PacFlaw::MemoryLimit,
            Error::InvalidString(_) => PacFlaw::NotScript(NotScript::Binary),
            other => PacFlaw::Throw { line: None, message: Clean::new(&other.to_string()) },
        };
        // Asking the exception what it says may have taken the rest of the time.
        Stop::Flaw(if self.desk.was_stopped() { PacFlaw::CpuLimit } else { flaw })
    }

    /// What an exception says. To ask it runs code of the script, within the same limits.
    fn exception<'js>(ctx: &Ctx<'js>, thrown: &Value<'js>) -> PacFlaw {
        let Some(exception) = thrown.as_exception() else {
            // Where no memory is left to make an exception of, the engine throws `null`. Hardly a file does.
            if thrown.is_null() {
                return PacFlaw::MemoryLimit;
            }
            return PacFlaw::Throw { line: None, message: shown(ctx, thrown) };
        };
        let name = exception.get::<_, Coerced<String>>("name").map(|name| name.0).unwrap_or_default();
        let message = exception.message().unwrap_or_default();
        let line = exception.stack().as_deref().and_then(line_of);
        // A file may well throw these itself; then it is told that it did what it says it did.
        match (name.as_str(), message.as_str()) {
            ("InternalError", "out of memory" | "out of memory in regexp execution") => PacFlaw::MemoryLimit,
            ("RangeError", "Maximum call stack size exceeded") | ("InternalError", "stack overflow") => {
                PacFlaw::StackLimit
            }
            ("SyntaxError", _) => PacFlaw::Syntax { line, message: Clean::new(&format!("{name}: {message}")) },
            _ => PacFlaw::Throw { line, message: shown(ctx, thrown) },
        }
    }
}

/// A page that begins with a comment is one only for the parser.
fn as_loading(stop: Stop, script: &str) -> Stop {
    match stop {
        Stop::Flaw(PacFlaw::Syntax { .. }) if is_page(script) => Stop::Flaw(PacFlaw::NotScript(NotScript::Html)),
        other => other,
    }
}

fn entry_point<'js>(ctx: &Ctx<'js>) -> Option<(Object<'js>, Function<'js>)> {
    let global = ctx.globals();
    let function = ENTRY_POINTS.iter().find_map(|name| global.get::<_, Function<'js>>(*name).ok())?;
    Some((global, function))
}

/// A thrown value as text.
fn shown<'js>(ctx: &Ctx<'js>, thrown: &Value<'js>) -> Clean {
    if let Ok(text) = thrown.get::<Coerced<String>>() {
        return Clean::new(&text.0);
    }
    // What went wrong now is of no interest.
    ctx.catch();
    "a value that cannot be turned into text".into()
}

/// The first line of the script in an engine's trace: `    at FindProxyForURL (proxy.pac:3:14)`.
fn line_of(trace: &str) -> Option<u32> {
    let (_, place) = trace.split_once("proxy.pac:")?;
    place.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// JavaScript's name for the type of a value.
fn type_of(value: &Value<'_>) -> &'static str {
    if value.is_undefined() {
        "undefined"
    } else if value.is_null() {
        "null"
    } else if value.is_bool() {
        "a boolean"
    } else if value.is_number() {
        "a number"
    } else if value.is_function() {
        "a function"
    } else if value.is_symbol() {
        "a symbol"
    } else if value.is_object() {
        "an object"
    } else {
        "a value of another type"
    }
}
