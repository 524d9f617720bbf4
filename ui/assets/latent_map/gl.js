// Points on a canvas by WebGL: places and colours glide from what they were to what they are.
import { emit } from "../shared/core.js";

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

// A painter for one canvas, or null where the browser has no WebGL.
function painter(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
  if (!gl) return null;
  const arrays = {}; // attribute -> {data, width, kind}
  let program, uniforms, buffers;

  function begin() {
    program = compile(gl);
    gl.useProgram(program);
    uniforms = Object.fromEntries(
      ["matrix", "move", "fade", "size", "opacity", "deep"].map((
        name,
      ) => [name, gl.getUniformLocation(program, `u_${name}`)]),
    );
    buffers = {};
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (const name of Object.keys(arrays)) put(name, arrays[name].data, arrays[name].width);
  }

  function put(name, data, width) {
    arrays[name] = { data, width };
    if (gl.isContextLost()) return;
    buffers[name] ||= gl.createBuffer();
    const at = gl.getAttribLocation(program, `a_${name}`);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(
      at,
      width,
      data instanceof Uint8Array ? gl.UNSIGNED_BYTE : gl.FLOAT,
      data instanceof Uint8Array,
      0,
      0,
    );
  }

  function draw(count, { matrix, move, fade, size, opacity, deep }) {
    if (gl.isContextLost()) return;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!count || !arrays.to || !arrays.after) return;
    gl.uniformMatrix4fv(uniforms.matrix, false, matrix);
    for (const [name, value] of Object.entries({ move, fade, size, opacity, deep: deep ? 1 : 0 })) {
      gl.uniform1f(uniforms[name], value);
    }
    gl.drawArrays(gl.POINTS, 0, count);
  }

  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => {
    begin();
    emit("map:redraw");
  });
  begin();
  return { put, draw };
}

export { painter as makePainter };
