//! The functions that PAC files call, given to a script as globals, which it may replace as in browsers.

use std::net::IpAddr;
use std::rc::Rc;

use rquickjs::convert::Coerced;
use rquickjs::function::{Func, IntoJsFunc, Opt, Rest};
use rquickjs::{Ctx, Error, Exception, FromJs, Function, IntoJs, Result, String as JsString, Value};
use url::Host;

use super::calendar::{self, Argument};
use super::desk::Desk;
use super::{names, network};

/// The longest text that is taken, in bytes: no URL of any use is longer, and what is made of it here is not counted as
/// memory of the script.
const MAX_TEXT: usize = 64 * 1024;

/// The longest text that is looked at for being a name; what is 253 characters to DNS can be longer before it is encoded.
const MAX_HOST: usize = 1024;

/// The most arguments of a function that takes any number; seven have a meaning.
const MAX_ARGUMENTS: usize = 16;

/// The most steps that a comparison with a pattern may take.
const MAX_STEPS: usize = 1 << 24;

/// The function by which the guard tells of work that cannot be interrupted. Throws where the script has to stop.
pub(super) fn charge<'js>(ctx: &Ctx<'js>, desk: &Rc<Desk>) -> Result<Function<'js>> {
    let at = Rc::clone(desk);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, steps: f64| charged(&ctx, &at, steps as u64))
}

fn charged(ctx: &Ctx<'_>, desk: &Desk, steps: u64) -> Result<()> {
    if desk.charge(steps) { Err(Exception::throw_internal(ctx, "interrupted")) } else { Ok(()) }
}

/// Puts the functions into a context.
pub(super) fn install<'js>(ctx: &Ctx<'js>, desk: &Rc<Desk>) -> Result<()> {
    give(ctx, "isPlainHostName", |ctx: Ctx<'js>, host| is_plain_host_name(&ctx, host))?;
    give(ctx, "localHostOrDomainIs", of_two(names::local_or_domain_is))?;
    give(ctx, "dnsDomainLevels", of_one(names::levels))?;
    let at = Rc::clone(desk);
    give(ctx, "shExpMatch", move |ctx: Ctx<'js>, text, pattern| shell_match(&at, &ctx, text, pattern))?;
    give(ctx, "convert_addr", of_one(network::converted))?;
    give(ctx, "isInNetEx", |ctx: Ctx<'js>, address, network| is_in_net_ex(&ctx, address, network))?;
    let at = Rc::clone(desk);
    give(ctx, "sortIpAddressList", move |ctx: Ctx<'js>, list| sort_ip_address_list(&at, ctx, list))?;
    give(ctx, "getClientVersion", || "1.0")?;
    install_lookups(ctx, desk)?;
    install_calendar(ctx, desk)?;
    let at = Rc::clone(desk);
    give(ctx, "alert", move |ctx: Ctx<'js>, message| text(&ctx, message).map(|message| at.alert(&message)))
}

/// What needs to know addresses, of others or of this machine.
fn install_lookups<'js>(ctx: &Ctx<'js>, desk: &Rc<Desk>) -> Result<()> {
    let at = Rc::clone(desk);
    let with_addresses = move |ctx: &Ctx<'js>, host| addresses(&at, ctx, host);
    let of = with_addresses.clone();
    give(ctx, "dnsResolve", move |ctx: Ctx<'js>, host| {
        of(&ctx, host).and_then(|found| or_null(&ctx, network::first_v4(&found).map(|address| address.to_string())))
    })?;
    let of = with_addresses.clone();
    give(ctx, "isResolvable", move |ctx: Ctx<'js>, host| {
        of(&ctx, host).map(|found| network::first_v4(&found).is_some())
    })?;
    let at = Rc::clone(desk);
    give(ctx, "isInNet", move |ctx, host, pattern, mask| is_in_net(&at, &ctx, host, pattern, mask))?;
    let of = with_addresses.clone();
    give(ctx, "dnsResolveEx", move |ctx: Ctx<'js>, host| of(&ctx, host).map(|found| network::joined(&found)))?;
    let of = with_addresses;
    give(ctx, "isResolvableEx", move |ctx: Ctx<'js>, host| of(&ctx, host).map(|found| !found.is_empty()))?;
    let at = Rc::clone(desk);
    give(ctx, "myIpAddress", move || {
        network::first_v4(&at.own_addresses()).map_or_else(|| "127.0.0.1".to_owned(), |own| own.to_string())
    })?;
    let at = Rc::clone(desk);
    give(ctx, "myIpAddressEx", move || network::joined(&at.own_addresses()))
}

/// What depends on the time.
fn install_calendar<'js>(ctx: &Ctx<'js>, desk: &Rc<Desk>) -> Result<()> {
    let at = Rc::clone(desk);
    give(ctx, "weekdayRange", move |ctx: Ctx<'js>, Rest(given): Rest<Value<'js>>| {
        arguments(&ctx, given).map(|given| calendar::weekday_range(&given, at.surroundings.now()))
    })?;
    let at = Rc::clone(desk);
    give(ctx, "dateRange", move |ctx: Ctx<'js>, Rest(given): Rest<Value<'js>>| {
        arguments(&ctx, given).map(|given| calendar::date_range(&given, at.surroundings.now()))
    })?;
    let at = Rc::clone(desk);
    give(ctx, "timeRange", move |ctx: Ctx<'js>, Rest(given): Rest<Value<'js>>| {
        calendar::time_range(&arguments(&ctx, given)?, at.surroundings.now())
            .ok_or_else(|| Exception::throw_message(&ctx, "timeRange: bad number of arguments"))
    })
}

/// A function of one text.
fn of_one<'js, R>(decide: fn(&str) -> R) -> impl Fn(Ctx<'js>, Opt<Value<'js>>) -> Result<R> {
    move |ctx, one| Ok(decide(&text(&ctx, one)?))
}

/// A function of two texts.
fn of_two<'js, R>(decide: fn(&str, &str) -> R) -> impl Fn(Ctx<'js>, Opt<Value<'js>>, Opt<Value<'js>>) -> Result<R> {
    move |ctx, one, other| Ok(decide(&text(&ctx, one)?, &text(&ctx, other)?))
}

/// Names a function. It needs no arguments, as in JavaScript: what is not given is `undefined`.
fn give<'js, F, P>(ctx: &Ctx<'js>, name: &str, function: F) -> Result<()>
where
    F: IntoJsFunc<'js, P> + 'js,
{
    ctx.globals().set(name, Func::new(function))
}

/// An argument as text, as JavaScript would turn it into one.
fn text<'js>(ctx: &Ctx<'js>, Opt(argument): Opt<Value<'js>>) -> Result<String> {
    let Some(value) = argument else { return Ok("undefined".to_owned()) };
    match value.try_into_string() {
        Ok(string) => rust(ctx, &string),
        Err(other) => rust(ctx, &Coerced::<JsString<'js>>::from_js(ctx, other)?.0),
    }
}

/// An argument as text, only if it is one.
fn only_text<'js>(ctx: &Ctx<'js>, Opt(argument): Opt<Value<'js>>) -> Result<Option<String>> {
    argument.as_ref().and_then(Value::as_string).map(|string| rust(ctx, string)).transpose()
}

/// The text of a string. One with half a character in it equals nothing that a file could ask about.
fn rust<'js>(ctx: &Ctx<'js>, string: &JsString<'js>) -> Result<String> {
    // In the engine's own memory, and for most texts without any.
    if string.clone().to_cstring()?.len() > MAX_TEXT {
        return Err(Exception::throw_range(ctx, "text too long for a PAC file"));
    }
    match string.to_string() {
        Err(Error::Utf8(_)) => Ok(char::REPLACEMENT_CHARACTER.to_string()),
        other => other,
    }
}

fn arguments<'js>(ctx: &Ctx<'js>, given: Vec<Value<'js>>) -> Result<Vec<Argument>> {
    if given.len() > MAX_ARGUMENTS {
        return Err(Exception::throw_range(ctx, "too many arguments"));
    }
    let argument = |value: Value<'js>| match value.as_number() {
        #[expect(clippy::cast_possible_truncation, reason = "as JavaScript's parseInt; the cast saturates")]
        Some(number) => Ok(Argument::Number(number as i64)),
        None => text(ctx, Opt(Some(value))).map(|text| Argument::of_text(&text)),
    };
    given.into_iter().map(argument).collect()
}

fn is_plain_host_name<'js>(ctx: &Ctx<'js>, host: Opt<Value<'js>>) -> Result<bool> {
    match only_text(ctx, host)? {
        Some(host) => Ok(names::is_plain(&host)),
        None => Err(Exception::throw_type(ctx, "Requires 1 string parameter")),
    }
}

fn shell_match<'js>(desk: &Desk, ctx: &Ctx<'js>, given: Opt<Value<'js>>, pattern: Opt<Value<'js>>) -> Result<bool> {
    let (given, pattern) = (text(ctx, given)?, text(ctx, pattern)?);
    let steps = given.len().saturating_mul(pattern.len());
    if steps > MAX_STEPS {
        return Err(Exception::throw_range(ctx, "text too long for a PAC file"));
    }
    charged(ctx, desk, steps as u64)?;
    Ok(names::shell_match(&given, &pattern))
}

fn is_in_net_ex<'js>(ctx: &Ctx<'js>, address: Opt<Value<'js>>, network: Opt<Value<'js>>) -> Result<Value<'js>> {
    let given = only_text(ctx, address)?.zip(only_text(ctx, network)?);
    or_null(ctx, given.map(|(address, network)| network::is_in_net_ex(&address, &network)))
}

/// A value, or `null`.
fn or_null<'js>(ctx: &Ctx<'js>, value: Option<impl IntoJs<'js>>) -> Result<Value<'js>> {
    value.map_or_else(|| Ok(Value::new_null(ctx.clone())), |value| value.into_js(ctx))
}

/// The sorted list; `false` where it cannot be sorted, `null` where there is none.
fn sort_ip_address_list<'js>(desk: &Desk, ctx: Ctx<'js>, list: Opt<Value<'js>>) -> Result<Value<'js>> {
    let Some(list) = only_text(&ctx, list)? else { return Ok(Value::new_null(ctx)) };
    charged(&ctx, desk, list.len() as u64)?;
    match network::sorted(&list) {
        Some(sorted) => sorted.into_js(&ctx),
        None => Ok(Value::new_bool(ctx, false)),
    }
}

fn is_in_net<'js>(
    desk: &Desk,
    ctx: &Ctx<'js>,
    host: Opt<Value<'js>>,
    pattern: Opt<Value<'js>>,
    mask: Opt<Value<'js>>,
) -> Result<bool> {
    let (pattern, mask) = (text(ctx, pattern)?, text(ctx, mask)?);
    let Some(host) = only_text(ctx, host)? else { return Ok(false) };
    let address = match network::dotted(&host) {
        Some(address) => Some(address),
        None => network::first_v4(&addresses_of(desk, ctx, &host)?),
    };
    Ok(address.is_some_and(|address| network::is_in_net(address, &pattern, &mask)))
}

fn addresses<'js>(desk: &Desk, ctx: &Ctx<'js>, host: Opt<Value<'js>>) -> Result<Vec<IpAddr>> {
    only_text(ctx, host)?.map_or_else(|| Ok(Vec::new()), |host| addresses_of(desk, ctx, &host))
}

/// The addresses of a host, which may be one itself; none for what is no name. Where they are yet to be looked up, the
/// script is stopped by an exception; that it may catch, in vain.
fn addresses_of(desk: &Desk, ctx: &Ctx<'_>, host: &str) -> Result<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    if host.len() > MAX_HOST {
        return Ok(Vec::new());
    }
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => Ok(vec![address.into()]),
        Ok(Host::Domain(name)) => desk
            .addresses(&name)
            .ok_or_else(|| Exception::throw_internal(ctx, "to be evaluated again once a name is looked up")),
        Ok(Host::Ipv6(_)) | Err(_) => Ok(Vec::new()),
    }
}
