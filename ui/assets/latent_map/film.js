// A film of pictures as an MP4 file, made by the browser's own H.264 encoder: frames are timed, nothing is recorded.
import { paint } from "../shared/pictures.js";

const SIDE = 256;
const TICKS = 1000; // of the clock, per second
const HOLD = 70; // milliseconds of one frame
const CODEC = "avc1.42E01E";

const canFilm = () => typeof VideoEncoder === "function"; // only on https and on this machine

// --- the file (ISO/IEC 14496-12): boxes of four bytes of length, four letters and content ---------------------------

const bytes = (...values) => Uint8Array.from(values);
const u16 = (value) => bytes(value >>> 8, value & 255);
const u32 = (...values) =>
  Uint8Array.from(values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]));
const letters = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => whole.set(part, at) || at + part.length, 0);
  return whole;
}

function box(name, ...parts) {
  const content = joined(parts);
  return joined([u32(content.length + 8), letters(name), content]);
}

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

function sampleTable(chunks, avcc, offset) {
  const entry = box(
    "avc1",
    u32(0),
    u16(0),
    u16(1),
    u32(0, 0, 0, 0),
    u16(SIDE),
    u16(SIDE),
    u32(0x480000, 0x480000, 0),
    u16(1),
    new Uint8Array(32),
    u16(24),
    u16(0xffff),
    box("avcC", avcc),
  );
  const keys = chunks.map((chunk, index) => (chunk.key ? index + 1 : 0)).filter(Boolean);
  return box(
    "stbl",
    box("stsd", u32(0, 1), entry),
    box("stts", u32(0, 1, chunks.length, HOLD)),
    box("stss", u32(0, keys.length, ...keys)),
    box("stsc", u32(0, 1, 1, chunks.length, 1)),
    box("stsz", u32(0, 0, chunks.length, ...chunks.map((chunk) => chunk.data.length))),
    box("stco", u32(0, 1, offset)),
  );
}

function movie(chunks, avcc, offset) {
  const length = chunks.length * HOLD;
  const information = box(
    "minf",
    box("vmhd", u32(1, 0, 0)),
    box("dinf", box("dref", u32(0, 1), box("url ", u32(1)))),
    sampleTable(chunks, avcc, offset),
  );
  const media = box(
    "mdia",
    box("mdhd", u32(0, 0, 0, TICKS, length), u16(0x55c4), u16(0)),
    box("hdlr", u32(0, 0), letters("vide"), u32(0, 0, 0), letters("video\0")),
    information,
  );
  const track = box(
    "trak",
    box("tkhd", u32(3, 0, 0, 1, 0, length, 0, 0), u32(0, 0), MATRIX, u32(SIDE << 16, SIDE << 16)),
    media,
  );
  return box(
    "moov",
    box(
      "mvhd",
      u32(0, 0, 0, TICKS, length, 0x10000),
      u16(0x100),
      u16(0),
      u32(0, 0),
      MATRIX,
      u32(0, 0, 0, 0, 0, 0),
      u32(2),
    ),
    track,
  );
}

function file(chunks, avcc) {
  const head = box("ftyp", letters("isom"), u32(0x200), letters("isomiso2avc1mp41"));
  const offset = head.length + movie(chunks, avcc, 0).length + 8;
  return new Blob([head, movie(chunks, avcc, offset), box("mdat", ...chunks.map((chunk) => chunk.data))], {
    type: "video/mp4",
  });
}

// --- the frames -----------------------------------------------------------------------------------------------------

async function painted(uri) {
  const canvas = document.createElement("canvas");
  await paint(canvas, uri, SIDE / Math.min(2, devicePixelRatio || 1));
  return canvas;
}

// Pictures (data URIs) -> a film that goes there and back. Raises where the browser has no such encoder.
async function film(uris) {
  const configuration = {
    codec: CODEC,
    width: SIDE,
    height: SIDE,
    bitrate: 2_000_000,
    framerate: 1000 / HOLD,
    avc: { format: "avc" },
  };
  if (!canFilm() || !(await VideoEncoder.isConfigSupported(configuration)).supported) {
    throw new Error("This browser writes no MP4 here. Save the path as a GIF.");
  }
  const chunks = [];
  let avcc = null;
  let problem = null;
  const encoder = new VideoEncoder({
    output: (chunk, about) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      chunks.push({ data, key: chunk.type === "key" });
      if (about?.decoderConfig?.description) avcc = new Uint8Array(about.decoderConfig.description.slice(0));
    },
    error: (error) => (problem = error),
  });
  encoder.configure(configuration);
  const there = await Promise.all(uris.map(painted));
  [...there, ...there.slice(1, -1).reverse()].forEach((canvas, number) => {
    const frame = new VideoFrame(canvas, { timestamp: number * HOLD * 1000, duration: HOLD * 1000 });
    encoder.encode(frame, { keyFrame: number % 24 === 0 });
    frame.close();
  });
  await encoder.flush();
  encoder.close();
  if (problem || !avcc) throw problem || new Error("The film could not be encoded. Save the path as a GIF.");
  return file(chunks, avcc);
}

export { canFilm, film as filmOf };
