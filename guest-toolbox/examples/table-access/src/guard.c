/* An access check in C, straight from the bytes of the event: which tables and columns a tool call asks for, and which of
 * them no role of the user may read. No library and no imports; see ../../../README.md for the interface. */

#include <stddef.h>
#include <stdint.h>

/* ---- The policy ---------------------------------------------------------------------------------------------------- */

struct grant {
    const char *role;
    const char *table;
    const char *columns; /* each between spaces, so that a whole name can be searched for */
};

static const struct grant GRANTS[] = {
    {"clinician", "patients", " id name birth_date ward "},
    {"clinician", "results", " patient_id test value taken_at "},
    {"clinician", "prescriptions", " patient_id drug dose started_at ended_at "},
    {"nurse", "patients", " id name ward "},
    {"nurse", "results", " patient_id test value taken_at "},
    {"billing", "patients", " id name "},
    {"billing", "invoices", " id patient_id amount issued_at paid_at "},
};
enum { GRANT_COUNT = sizeof GRANTS / sizeof GRANTS[0], MAX_ROLES = 32 };

/* ---- Memory: handed out once, never taken back, as the instance lives for one call ------------------------------------ */

extern unsigned char __heap_base;
enum { PAGE = 65536 };
static uint32_t heap_next;

static void *allocate(uint32_t size) {
    if (heap_next == 0) heap_next = (uint32_t)(uintptr_t)&__heap_base;
    uint32_t start = (heap_next + 7u) & ~7u;
    uint32_t have = (uint32_t)__builtin_wasm_memory_size(0) * PAGE;
    if (size > UINT32_MAX - start) return NULL;
    if (start + size > have) {
        uint32_t pages = (start + size - have + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
    }
    heap_next = start + size;
    return (void *)(uintptr_t)start;
}

/* ---- Reading JSON. The host has checked that the event is JSON, but a trap is the answer to anything unexpected ------- */

struct text {
    const char *start;
    uint32_t length;
};

static const char *at, *end;

static void skip_space(void) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
}

static void expect(char c) {
    skip_space();
    if (at >= end || *at != c) __builtin_trap();
    at++;
}

/* Whether the next character is `c`; takes it then. */
static int take(char c) {
    skip_space();
    if (at >= end || *at != c) return 0;
    at++;
    return 1;
}

static uint32_t hex_digits(void) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, at++) {
        if (at >= end) __builtin_trap();
        char c = *at;
        uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0')
                         : (c | 32) >= 'a' && (c | 32) <= 'f' ? (uint32_t)((c | 32) - 'a' + 10) : 99;
        if (digit == 99) __builtin_trap();
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 63));
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    }
    return out;
}

static char *put_escape(char *out) {
    if (at >= end) __builtin_trap();
    switch (*at++) {
    case 'b': *out++ = '\b'; return out;
    case 'f': *out++ = '\f'; return out;
    case 'n': *out++ = '\n'; return out;
    case 'r': *out++ = '\r'; return out;
    case 't': *out++ = '\t'; return out;
    case 'u': break;
    default: *out++ = at[-1]; return out;
    }
    uint32_t c = hex_digits();
    if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        at += 2;
        c = 0x10000 + ((c - 0xd800) << 10) + (hex_digits() - 0xdc00);
    }
    return put_utf8(out, c);
}

/* A string. Without escapes it stays where it is; with them it is decoded into new memory, as `\u0061` is also `a`. */
static struct text read_string(void) {
    expect('"');
    const char *start = at;
    while (at < end && *at != '"' && *at != '\\') at++;
    if (at >= end) __builtin_trap();
    if (*at == '"') return (struct text){start, (uint32_t)(at++ - start)};
    char *decoded = allocate((uint32_t)(end - start)), *out = decoded;
    if (!decoded) __builtin_trap();
    for (at = start; at < end && *at != '"';) {
        char c = *at++;
        if (c == '\\') out = put_escape(out);
        else *out++ = c;
    }
    if (at >= end) __builtin_trap();
    at++;
    return (struct text){decoded, (uint32_t)(out - decoded)};
}

static void skip_string(void) {
    for (expect('"'); at < end && *at != '"'; at++)
        if (*at == '\\') at++;
    expect('"');
}

/* Passes over one value of any kind. Brackets are counted, not followed by recursion. */
static void skip_value(void) {
    uint32_t depth = 0;
    do {
        skip_space();
        if (at >= end) __builtin_trap();
        char c = *at;
        if (c == '"') {
            skip_string();
        } else {
            if (c == '{' || c == '[') depth++;
            if (c == '}' || c == ']') depth--;
            at++;
            if (depth == 0 && c != '}' && c != ']')
                while (at < end && *at != ',' && *at != '}' && *at != ']') at++;
        }
    } while (depth > 0);
}

static int is(struct text text, const char *word) {
    for (uint32_t i = 0; i < text.length; i++, word++)
        if (*word == 0 || text.start[i] != *word) return 0;
    return *word == 0;
}

/* ---- The verdict ------------------------------------------------------------------------------------------------------ */

static char *out;
static uint32_t out_length, out_capacity;

static void put_char(char c) {
    if (out_length == out_capacity) {
        uint32_t capacity = out_capacity ? out_capacity * 2 : 1024;
        char *larger = allocate(capacity);
        if (!larger) __builtin_trap();
        for (uint32_t i = 0; i < out_length; i++) larger[i] = out[i];
        out = larger;
        out_capacity = capacity;
    }
    out[out_length++] = c;
}

static void put(const char *text) {
    while (*text) put_char(*text++);
}

static void put_json_string(struct text text) {
    static const char HEX[] = "0123456789abcdef";
    put_char('"');
    for (uint32_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.start[i];
        if (c == '"' || c == '\\') put_char('\\');
        if (c < 0x20) {
            put("\\u00");
            put_char(HEX[c >> 4]);
            put_char(HEX[c & 15]);
        } else {
            put_char((char)c);
        }
    }
    put_char('"');
}

static uint64_t answer(void) {
    return (uint64_t)(uintptr_t)out << 32 | out_length;
}

static uint64_t deny(const char *reason_code, const char *message) {
    out_length = 0;
    put("{\"verdict\":\"deny\",\"reason_code\":\"");
    put(reason_code);
    put("\",\"message\":\"");
    put(message);
    put("\"}");
    return answer();
}

/* ---- The check -------------------------------------------------------------------------------------------------------- */

static struct text roles[MAX_ROLES];
static uint32_t role_count;
static int have_principal;

static void read_principal(void) {
    skip_space();
    if (at < end && *at == 'n') {
        skip_value();
        return;
    }
    have_principal = 1;
    expect('{');
    if (take('}')) return;
    do {
        struct text key = read_string();
        expect(':');
        if (!is(key, "roles")) {
            skip_value();
            continue;
        }
        expect('[');
        if (take(']')) continue;
        do {
            /* A role beyond the limit only takes rights away. */
            struct text role = read_string();
            if (role_count < MAX_ROLES) roles[role_count++] = role;
        } while (take(','));
        expect(']');
    } while (take(','));
    expect('}');
}

static int has_word(const char *words, struct text word) {
    if (word.length == 0) return 0;
    for (const char *start = words + 1; *start;) {
        uint32_t length = 0;
        while (start[length] != ' ') length++;
        uint32_t i = 0;
        while (length == word.length && i < length && start[i] == word.start[i]) i++;
        if (length == word.length && i == length) return 1;
        start += length + 1;
    }
    return 0;
}

static int may_read(struct text table, struct text column) {
    for (uint32_t g = 0; g < GRANT_COUNT; g++) {
        if (!is(table, GRANTS[g].table)) continue;
        for (uint32_t r = 0; r < role_count; r++)
            if (is(roles[r], GRANTS[g].role) && has_word(GRANTS[g].columns, column)) return 1;
    }
    return 0;
}

/* `{table: [columns]}`. Writes what is missing as members of a JSON object, and returns how many tables that are. */
static uint32_t check_tables(uint32_t missing_tables) {
    expect('{');
    if (take('}')) return missing_tables;
    do {
        struct text table = read_string();
        uint32_t missing = 0;
        expect(':');
        expect('[');
        if (!take(']')) {
            do {
                struct text column = read_string();
                if (may_read(table, column)) continue;
                if (missing++ == 0) {
                    if (missing_tables++ > 0) put_char(',');
                    put_json_string(table);
                    put(":[");
                } else {
                    put_char(',');
                }
                put_json_string(column);
            } while (take(','));
            expect(']');
        }
        if (missing > 0) put_char(']');
    } while (take(','));
    expect('}');
    return missing_tables;
}

/* A part: the arguments of a call of `read_tables` are the tables that it needs. */
static uint32_t check_part(uint32_t missing_tables) {
    const char *json = NULL, *after;
    int is_call = 0;
    expect('{');
    do {
        struct text key = read_string();
        expect(':');
        skip_space();
        if (is(key, "json")) json = at;
        if (is(key, "tool") && at < end && *at == '"') is_call = is(read_string(), "read_tables");
        else skip_value();
    } while (take(','));
    expect('}');
    if (!is_call) return missing_tables;
    if (!json || *json != '{') __builtin_trap();
    after = at;
    at = json;
    missing_tables = check_tables(missing_tables);
    at = after;
    return missing_tables;
}

__attribute__((export_name("guard_abi"))) int32_t guard_abi(void) {
    return 1;
}

__attribute__((export_name("guard_alloc"))) void *guard_alloc(int32_t length) {
    return length < 0 ? NULL : allocate((uint32_t)length);
}

__attribute__((export_name("guard_check"))) uint64_t guard_check(const char *event, int32_t length) {
    const char *parts = NULL;
    at = event;
    end = event + length;
    expect('{');
    do {
        struct text key = read_string();
        expect(':');
        if (is(key, "principal")) {
            read_principal();
            continue;
        }
        skip_space();
        if (is(key, "parts")) parts = at;
        skip_value();
    } while (take(','));
    expect('}');
    if (!have_principal) return deny("identity_missing", "no authenticated user: no table may be read");
    if (!parts) __builtin_trap();

    put("{\"verdict\":\"deny\",\"reason_code\":\"access_denied\",\"message\":\"the user's role may not read all of this\","
        "\"details\":{\"missing\":{");
    uint32_t missing_tables = 0;
    at = parts;
    expect('[');
    if (!take(']')) {
        do missing_tables = check_part(missing_tables);
        while (take(','));
        expect(']');
    }
    if (missing_tables == 0) {
        out_length = 0;
        put("{\"verdict\":\"allow\"}");
        return answer();
    }
    put("}}}");
    return answer();
}
