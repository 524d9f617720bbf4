// A linter rule of this house: a module has at most 300 lines, a function at most 40 (deno.json loads it).
const [MODULE, FUNCTION] = [300, 40];

const linesOf = (text) => text.trimEnd().split("\n").length;

function checkFunction(context) {
  return (node) => {
    const count = linesOf(context.sourceCode.getText(node));
    if (count > FUNCTION) context.report({ node, message: `This function has ${count} lines; at most ${FUNCTION}` });
  };
}

export default {
  name: "size",
  rules: {
    "function": {
      create(context) {
        const check = checkFunction(context);
        return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
      },
    },
    "module": {
      create: (context) => ({
        Program(node) {
          const count = linesOf(context.sourceCode.text);
          if (count > MODULE) context.report({ node, message: `This module has ${count} lines; at most ${MODULE}` });
        },
      }),
    },
  },
};
