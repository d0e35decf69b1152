// Run before every file. The engine can be interrupted between the steps of a script, but not within some functions of
// its own: over a list that says to have 2^53 elements they would run for years. Here these functions refuse lists that
// no file has any use for; flat() and flatMap() are written anew. Proxy goes, since it can lie about a list's length, and
// no PAC file needs it.
(function () {
    "use strict";
    const LIMIT = 100000;
    const { isArray, prototype } = Array;
    const { apply } = Reflect;
    const { defineProperty, getOwnPropertyDescriptor } = Object;
    const { isView } = ArrayBuffer;
    const { stringify } = JSON;

    function bounded(list) {
        if (list === null || (typeof list !== "object" && typeof list !== "function") || isView(list)) return list;
        const length = getOwnPropertyDescriptor(list, "length");
        const isShort = length ? typeof length.value === "number" && length.value <= LIMIT : !("length" in list);
        if (!isShort) throw new RangeError("list too long for a PAC file");
        return list;
    }

    function replace(object, name, value) {
        defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
    }

    const unbounded = ["concat", "copyWithin", "fill", "join", "reverse", "slice", "sort", "splice", "toLocaleString",
        "toReversed", "toSorted", "toSpliced", "unshift", "with"];
    for (const name of unbounded) {
        const native = prototype[name];
        const guarded = {
            [name](...given) {
                if (name === "concat") for (let i = 0; i < given.length; i++) bounded(given[i]);
                return apply(native, bounded(this), given);
            },
        };
        replace(prototype, name, guarded[name]);
    }

    function flatten(list, depth, into) {
        for (let i = 0; i < list.length; i++) {
            if (!(i in list)) continue;
            if (depth > 0 && isArray(list[i])) flatten(list[i], depth - 1, into);
            else into[into.length] = list[i];
        }
        return into;
    }
    replace(prototype, "flat", function flat(depth = 1) {
        return flatten(this, depth, []);
    });
    replace(prototype, "flatMap", function flatMap(each, self) {
        const mapped = [];
        for (let i = 0; i < this.length; i++) if (i in this) mapped[mapped.length] = apply(each, self, [this[i], i, this]);
        return flatten(mapped, 1, []);
    });

    replace(JSON, "stringify", function (value, replacer, space) {
        if (isArray(replacer)) bounded(replacer);
        return stringify(value, replacer, space);
    });
    delete globalThis.Proxy;
})();
