// Run before every file. The engine asks after every few thousand steps of a script whether its time is over, but not
// within functions of its own: over a list that says to have 2^53 elements they would run for years. Here these functions
// refuse what no file has any use for, and tell `charge` what the rest will cost; some are written anew, since a script
// can be stopped. What no file needs is taken away.
//
// A script may replace whatever it can reach, so nothing here is looked up when it runs.
(function (charge) {
    "use strict";
    const LONGEST_LIST = 100000;
    const LONGEST_PATTERN = 32768;
    // Of steps in one call: some hundredths of a second.
    const MOST_WORK = 1 << 26;
    // Costs so little that ten thousand calls do not matter.
    const FREE = 1000;

    const { isArray, prototype: lists } = Array;
    const { apply, construct } = Reflect;
    const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf, setPrototypeOf } = Object;
    const { iterator, isConcatSpreadable: spreads, replace: replacing, split: splitting } = Symbol;
    const { bind, call } = Function.prototype;
    const [Thing, Amount, Text, Range, Wrong, Expression] = [Object, Number, String, RangeError, TypeError, RegExp];
    const { stringify } = JSON;
    const texts = String.prototype;

    // Turns a method into a function that takes its object first.
    const unbound = apply(bind, bind, [call]);

    function replace(object, name, value) {
        defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
    }

    function work(steps) {
        if (steps <= FREE) return;
        if (!(steps <= MOST_WORK)) throw new Range("text too long for a PAC file");
        charge(steps);
    }

    // As `${value}`, which the engine makes of the script's own concat().
    function text(value) {
        return typeof value === "string" ? value : Text(value);
    }

    function isObject(value) {
        return (typeof value === "object" && value !== null) || typeof value === "function";
    }

    // The length of a list, which stays as it is until something of the script runs.
    function bounded(list) {
        let length = 0;
        if (isArray(list)) {
            length = list.length;
        } else {
            const own = getOwnPropertyDescriptor(list, "length");
            // Without prototype: the script may have given every object a value.
            if (own) length = setPrototypeOf(own, null).value;
            else if ("length" in list) length = undefined;
        }
        if (typeof length !== "number" || !(length <= LONGEST_LIST)) throw new Range("list too long for a PAC file");
        return length;
    }

    function listOf(self) {
        if (self === null || self === undefined) throw new Wrong("cannot convert to object");
        return Thing(self);
    }

    // As the engine sorts where it is not told how, in steps that can be counted.
    function byText(one, other) {
        const left = text(one);
        const right = text(other);
        work(left.length < right.length ? left.length : right.length);
        return left < right ? -1 : left > right ? 1 : 0;
    }

    for (const name of ["copyWithin", "fill", "join", "reverse", "shift", "slice", "sort", "splice", "toLocaleString",
        "toReversed", "toSorted", "toSpliced", "unshift", "with"]) {
        const native = lists[name];
        const sorts = name === "sort" || name === "toSorted";
        replace(lists, name, {
            [name](...given) {
                const list = listOf(this);
                if (sorts && given[0] === undefined) given[0] = byText;
                work(bounded(list) * 16);
                return apply(native, list, given);
            },
        }[name]);
    }

    for (const name of ["includes", "indexOf", "lastIndexOf"]) {
        const native = lists[name];
        replace(lists, name, {
            [name](...given) {
                // Of others the engine takes each element by itself, and can be interrupted.
                if (isArray(this)) work(this.length * (typeof given[0] === "string" ? given[0].length + 1 : 1));
                return apply(native, this, given);
            },
        }[name]);
    }

    replace(lists, "concat", function concat(...given) {
        const joined = [];
        let next = 0;
        for (let at = -1; at < given.length; at++) {
            const part = at < 0 ? listOf(this) : given[at];
            const wish = isObject(part) ? part[spreads] : false;
            if (!(wish === undefined ? isArray(part) : wish)) {
                joined[next++] = part;
                continue;
            }
            const length = bounded(part);
            for (let i = 0; i < length; i++, next++) if (i in part) joined[next] = part[i];
        }
        joined.length = next;
        return joined;
    });

    function flatten(list, depth, into) {
        for (let i = 0; i < list.length; i++) {
            if (!(i in list)) continue;
            if (depth > 0 && isArray(list[i])) flatten(list[i], depth - 1, into);
            else into[into.length] = list[i];
        }
        return into;
    }
    replace(lists, "flat", function flat(depth = 1) {
        return flatten(listOf(this), Amount(depth), []);
    });
    replace(lists, "flatMap", function flatMap(each, self) {
        const mapped = [];
        for (let i = 0; i < this.length; i++) if (i in this) mapped[mapped.length] = apply(each, self, [this[i], i, this]);
        return flatten(mapped, 1, []);
    });

    // The engine's own free an element twice where they are interrupted between two (quickjs-ng 0.16.2).
    for (const [name, step, finds] of [["find", 1, true], ["findIndex", 1, false], ["findLast", -1, true],
        ["findLastIndex", -1, false]]) {
        replace(lists, name, {
            [name](fits, self) {
                const list = listOf(this);
                const length = Amount(list.length) || 0;
                if (typeof fits !== "function") throw new Wrong("not a function");
                for (let i = step > 0 ? 0 : length - 1; step > 0 ? i < length : i >= 0; i += step) {
                    const item = list[i];
                    if (apply(fits, self, [item, i, list])) return finds ? item : i;
                }
                return finds ? undefined : -1;
            },
        }[name]);
    }

    replace(Array, "from", function from(items, each, self) {
        const made = [];
        const add = item => made[made.length] = each === undefined ? item : apply(each, self, [item, made.length]);
        if (items[iterator] !== undefined && items[iterator] !== null) {
            for (const item of items) add(item);
        } else {
            for (let i = 0, length = bounded(Thing(items)); i < length; i++) add(items[i]);
        }
        return made;
    });

    for (const [name, adder] of [["Map", "set"], ["Set", "add"]]) {
        const Native = globalThis[name];
        const Guarded = {
            [name]: function (items) {
                if (!new.target) throw new Wrong("must be called with new");
                const made = construct(Native, [], new.target);
                if (items === undefined || items === null) return made;
                for (const item of items) adder === "add" ? made.add(item) : made.set(item[0], item[1]);
                return made;
            },
        }[name];
        defineProperty(Guarded, "prototype", { value: Native.prototype, writable: false });
        replace(Native.prototype, "constructor", Guarded);
        replace(globalThis, name, Guarded);
        for (const method of getOwnPropertyNames(Native.prototype)) {
            if (/^(is|inter|diff|sym|union)|OrInsert/.test(method)) delete Native.prototype[method];
        }
        for (const method of ["add", "delete", "get", "has", "set"]) {
            if (!(method in Native.prototype)) continue;
            const native = unbound(Native.prototype[method]);
            replace(Native.prototype, method, {
                [method](key, value) {
                    // All of a text is read to find its place.
                    if (typeof key === "string") work(key.length);
                    return native(this, key, value);
                },
            }[method]);
        }
    }

    function textOf(self) {
        if (self === null || self === undefined) throw new Wrong("null or undefined are forbidden");
        return text(self);
    }

    for (const name of ["includes", "indexOf", "lastIndexOf"]) {
        const native = unbound(texts[name]);
        replace(texts, name, {
            [name](wanted, from) {
                const within = textOf(this);
                const what = text(wanted);
                work(within.length * what.length);
                return native(within, what, from);
            },
        }[name]);
    }

    for (const [name, symbol] of [["replace", replacing], ["replaceAll", replacing], ["split", splitting]]) {
        const native = unbound(texts[name]);
        replace(texts, name, {
            [name](what, other) {
                if (this !== null && this !== undefined && isObject(what)) {
                    if (name === "replaceAll" && what instanceof Expression && !what.global) throw new Wrong("not global");
                    const method = what[symbol];
                    if (method !== null && method !== undefined) return apply(method, what, [this, other]);
                    what = text(what);
                }
                const within = textOf(this);
                const each = typeof what === "string" ? what.length + 1 : 16;
                // All but the first take a new text for each match.
                work(within.length * (name === "replace" || each > 64 ? each : 64));
                return native(within, what, other);
            },
        }[name]);
    }

    for (const name of ["localeCompare", "normalize", "toLocaleLowerCase", "toLocaleUpperCase", "toLowerCase",
        "toUpperCase"]) {
        const native = unbound(texts[name]);
        replace(texts, name, {
            [name](other) {
                const within = textOf(this);
                const and = name === "localeCompare" ? text(other) : other;
                work((within.length + (typeof and === "string" ? and.length : 0)) * 4);
                return native(within, and);
            },
        }[name]);
    }

    for (const name of ["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"]) {
        const native = globalThis[name];
        replace(globalThis, name, {
            [name](given) {
                const whole = text(given);
                work(whole.length * 64);
                return native(whole);
            },
        }[name]);
    }

    // Called as a function of a script it can be interrupted between one match and the next. Within one the engine asks
    // after so many attempts, and each may take as long as the pattern.
    const exec = unbound(Expression.prototype.exec);
    const source = unbound(getOwnPropertyDescriptor(Expression.prototype, "source").get);
    replace(Expression.prototype, "exec", {
        exec(given) {
            const within = text(given);
            if (within.length > FREE && source(this).length > LONGEST_PATTERN) {
                throw new Range("pattern too long for a PAC file");
            }
            return exec(this, within);
        },
    }.exec);

    replace(JSON, "stringify", function (value, replacer, space) {
        // Each name of the list is compared with all others.
        if (isArray(replacer)) work(bounded(replacer) ** 2);
        return stringify(value, replacer, space);
    });

    const iterators = getPrototypeOf(getPrototypeOf([][iterator]()));
    for (const name of getOwnPropertyNames(iterators)) delete iterators[name];
    for (const [of, ...names] of [
        [globalThis, "AsyncDisposableStack", "BigInt", "DisposableStack", "Iterator", "WeakMap", "WeakSet"],
        [Array, "fromAsync"],
        [Error, "captureStackTrace", "prepareStackTrace"],
        [JSON, "isRawJSON", "rawJSON"],
        [Math, "sumPrecise"],
        [Object, "groupBy"],
        [Expression, "escape"],
        [Expression.prototype, "compile"],
        [String, "raw"],
    ]) for (const name of names) delete of[name];
})
