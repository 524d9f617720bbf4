// Points on a canvas by WebGL: places and colours glide from what they were to what they are.
import { emit } from "../shared/events.js";

const VERTEX = `
  attribute vec3 a_from, a_to;
  attribute vec4 a_before, a_after;
  uniform mat4 u_matrix;
  uniform float u_move, u_fade, u_size, u_opacity, u_deep;
  varying vec4 v_colour;
  varying float v_size;
  void main() {
    gl_Position = u_matrix * vec4(mix(a_from, a_to, u_move), 1.0);
    vec4 colour = mix(a_before, a_after, u_fade);
    float near = mix(1.0, clamp(1.6 - 0.6 * gl_Position.w, 0.35, 1.3), u_deep);
    gl_PointSize = u_size * mix(1.0, 1.0 / gl_Position.w, u_deep) * mix(0.7, 1.0, colour.a);
    v_size = gl_PointSize;
    v_colour = vec4(colour.rgb, min(1.0, colour.a * u_opacity * near));
  }`;
const FRAGMENT = `
  precision mediump float;
  varying vec4 v_colour;
  varying float v_size;
  void main() {
    float far = length(gl_PointCoord - 0.5) * 2.0;
    float alpha = v_colour.a * (1.0 - smoothstep(1.0 - 3.0 / v_size, 1.0, far));
    gl_FragColor = vec4(v_colour.rgb * alpha, alpha);
  }`;

function compile(gl) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}

const UNIFORMS = ["matrix", "move", "fade", "size", "opacity", "deep"];

/** Paints points on one canvas. */
export class Painter {
  #canvas;
  #gl;
  #arrays = {}; // attribute -> {data, width}
  #buffers = {};
  #program = null;
  #uniforms = {};
  #closed = false;

  /** @returns {Painter | null} null where the browser has no WebGL */
  static on(canvas) {
    const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
    return gl && new Painter(canvas, gl);
  }

  constructor(canvas, gl) {
    this.#canvas = canvas;
    this.#gl = gl;
    canvas.addEventListener("webglcontextlost", (event) => this.#closed || event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.#begin();
      emit("latent-map:redraw");
    });
    this.#begin();
  }

  #begin() {
    const gl = this.#gl;
    this.#program = compile(gl);
    gl.useProgram(this.#program);
    for (const name of UNIFORMS) this.#uniforms[name] = gl.getUniformLocation(this.#program, `u_${name}`);
    this.#buffers = {};
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (const [name, { data, width }] of Object.entries(this.#arrays)) this.put(name, data, width);
  }

  /** @param {"from" | "to" | "before" | "after"} name @param {Float32Array | Uint8Array} data (N, width) @param {number} width */
  put(name, data, width) {
    const gl = this.#gl;
    this.#arrays[name] = { data, width };
    if (gl.isContextLost()) return;
    this.#buffers[name] ||= gl.createBuffer();
    const at = gl.getAttribLocation(this.#program, `a_${name}`);
    const bytes = data instanceof Uint8Array;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, width, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, 0, 0);
  }

  draw(count, { matrix, move, fade, size, opacity, deep }) {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!count || !this.#arrays.to || !this.#arrays.after) return;
    gl.uniformMatrix4fv(this.#uniforms.matrix, false, matrix);
    for (const [name, value] of Object.entries({ move, fade, size, opacity, deep: deep ? 1 : 0 })) {
      gl.uniform1f(this.#uniforms[name], value);
    }
    gl.drawArrays(gl.POINTS, 0, count);
  }

  /** Gives the context back: a browser keeps some sixteen, and drops the oldest for another one. */
  close() {
    this.#closed = true;
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
