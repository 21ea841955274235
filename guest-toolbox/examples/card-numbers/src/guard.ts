// Card numbers are replaced in answers. A guard in AssemblyScript, straight from the bytes of the event, without imports.
// See ../../../README.md for the interface.

// ---- Reading JSON: the host has checked that the event is JSON; anything unexpected traps --------------------------------

let at: usize = 0;
let end: usize = 0;

function peek(): i32 {
  if (at >= end) unreachable();
  return load<u8>(at);
}

function skipSpace(): void {
  while (at < end) {
    const c = load<u8>(at);
    if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return;
    at++;
  }
}

function expect(c: i32): void {
  skipSpace();
  if (peek() != c) unreachable();
  at++;
}

// Whether the next character is `c`; takes it then.
function take(c: i32): bool {
  skipSpace();
  if (at >= end || load<u8>(at) != c) return false;
  at++;
  return true;
}

function hexDigits(): i32 {
  let value = 0;
  for (let i = 0; i < 4; i++, at++) {
    const c = peek();
    let digit = -1;
    if (c >= 0x30 && c <= 0x39) digit = c - 0x30;
    else if ((c | 32) >= 0x61 && (c | 32) <= 0x66) digit = (c | 32) - 0x57;
    if (digit < 0) unreachable();
    value = (value << 4) | digit;
  }
  return value;
}

// The next Unicode scalar value inside a string, or -1 at its closing quote. Values above 127 are not told apart.
function nextScalar(): i32 {
  const c = peek();
  at++;
  if (c == 0x22) return -1;
  if (c == 0x5c) {
    const escape = peek();
    at++;
    if (escape != 0x75) return 0x7f;
    const value = hexDigits();
    const isHigh = value >= 0xd800 && value < 0xdc00;
    if (isHigh && at + 6 <= end && load<u8>(at) == 0x5c && load<u8>(at + 1) == 0x75) {
      at += 2;
      hexDigits();
      return 0x80;
    }
    return value;
  }
  if (c < 0x80) return c;
  at += c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
  return 0x80;
}

// Whether the string that follows is `word`. Passes over it.
function isWord(word: StaticArray<u8>): bool {
  expect(0x22);
  let same = true;
  let length = 0;
  for (let c = nextScalar(); c >= 0; c = nextScalar(), length++) {
    same = same && length < word.length && c == word[length];
  }
  return same && length == word.length;
}

// Passes over one value of any kind. Brackets are counted, not followed by recursion.
function skipValue(): void {
  let depth = 0;
  do {
    skipSpace();
    const c = peek();
    at++;
    if (c == 0x22) {
      while (nextScalar() >= 0) {}
    } else if (c == 0x7b || c == 0x5b) {
      depth++;
    } else if (c == 0x7d || c == 0x5d) {
      depth--;
    } else if (depth == 0) {
      while (at < end) {
        const next = load<u8>(at);
        if (next == 0x2c || next == 0x7d || next == 0x5d) break;
        at++;
      }
    }
  } while (depth > 0);
}

const PARTS: StaticArray<u8> = [0x70, 0x61, 0x72, 0x74, 0x73];
const TEXT: StaticArray<u8> = [0x74, 0x65, 0x78, 0x74];

// ---- The verdict ---------------------------------------------------------------------------------------------------------

let edits = "";
let editCount = 0;

function addEdit(part: i32, start: i32, stop: i32): void {
  if (editCount++ > 0) edits += ",";
  edits += '{"part":' + part.toString() + ',"start":' + start.toString() + ',"end":' + stop.toString();
  edits += ',"replacement":"[card number]"}';
}

function answer(json: string): u64 {
  const bytes = String.UTF8.encode(json);
  return ((changetype<usize>(bytes) as u64) << 32) | (bytes.byteLength as u64);
}

// ---- Card numbers: 13 to 19 digits, alone or in groups by single spaces or hyphens, with a right check digit (Luhn) -------

const MAX_DIGITS = 19;
const digits = new StaticArray<u8>(MAX_DIGITS);
let digitCount = 0;
let first = 0;
let last = 0;

function isCard(): bool {
  if (digitCount < 13 || digitCount > MAX_DIGITS) return false;
  let sum = 0;
  for (let i = 0; i < digitCount; i++) {
    let digit: i32 = digits[digitCount - 1 - i];
    if (i & 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 == 0;
}

function endRun(part: i32): void {
  if (isCard()) addEdit(part, first, last + 1);
  digitCount = 0;
}

function scanText(part: i32): void {
  expect(0x22);
  let index = 0;
  for (let c = nextScalar(); c >= 0; c = nextScalar(), index++) {
    if (c >= 0x30 && c <= 0x39) {
      if (digitCount == 0) first = index;
      else if (index - last > 2) {
        endRun(part);
        first = index;
      }
      // A run that is too long is counted on, so that no part of it is taken for a card.
      if (digitCount < MAX_DIGITS) digits[digitCount] = (c - 0x30) as u8;
      digitCount++;
      last = index;
    } else if ((c != 0x20 && c != 0x2d) || index - last > 1) {
      endRun(part);
    }
  }
  endRun(part);
}

function scanPart(part: i32): void {
  expect(0x7b);
  do {
    const isText = isWord(TEXT);
    expect(0x3a);
    skipSpace();
    if (isText) scanText(part);
    else skipValue();
  } while (take(0x2c));
  expect(0x7d);
}

function scanParts(): void {
  expect(0x5b);
  if (take(0x5d)) return;
  let part = 0;
  do {
    scanPart(part++);
  } while (take(0x2c));
  expect(0x5d);
}

export function guard_abi(): i32 {
  return 1;
}

export function guard_alloc(length: i32): usize {
  return length < 0 ? 0 : heap.alloc(length);
}

export function guard_check(event: usize, length: i32): u64 {
  at = event;
  end = event + length;
  expect(0x7b);
  do {
    const isParts = isWord(PARTS);
    expect(0x3a);
    skipSpace();
    if (isParts) scanParts();
    else skipValue();
  } while (take(0x2c));
  expect(0x7d);
  if (editCount == 0) return answer('{"verdict":"allow"}');
  return answer('{"verdict":"redact","reason_code":"card_number","message":"card numbers were removed","edits":[' + edits + "]}");
}
