// Columns of whole numbers, as column.rs writes them: seven bits a byte, lowest first, in base 64.

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

class Column {
  constructor(text) {
    this.bytes = bytesOf(text);
    this.at = 0;
    this.last = 0;
  }
  // Sums and products, because numbers reach 2^53 and shifts end at 2^32.
  number() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let number = byte & 127;
    let scale = 128;
    do {
      byte = this.bytes[this.at++];
      number += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128);
    return number;
  }
  after() {
    return (this.last += unfolded(this.number()));
  }
  // -1 for nothing.
  someAfter() {
    const number = this.number();
    return number === 0 ? -1 : (this.last += unfolded(number - 1));
  }
}

function unfolded(number) {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

// `n` numbers of a column, each read by a method of it.
function column(text, n, how, Type = Float64Array) {
  const source = new Column(text);
  const numbers = new Type(n);
  for (let i = 0; i < n; i++) numbers[i] = source[how]();
  return numbers;
}

// The first place in a sorted range whose number is greater than `value`.
function firstAbove(numbers, value, from = 0, to = numbers.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (numbers[middle] > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
