// Type-checks files as an app that embeds the package would.

import { fileURLToPath } from 'node:url';

import ts from 'typescript';

/** How strict apps check, for a bundler or a static folder. */
const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowJs: true,
  checkJs: true,
  maxNodeModuleJsDepth: 0,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
};

/** Options that find modules as Node does. */
export const AS_NODE = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };

const TYPES = fileURLToPath(new URL('../npm/index.d.ts', import.meta.url));

/** What the compiler complains about in `files`, one line each. */
export function complaints(files, options = {}) {
  const program = ts.createProgram(files, { ...STRICT, ...options });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: ` : '';
    return place + ts.flattenDiagnosticMessageText(messageText, '\n');
  });
}

/** The members of an exported interface: `{name: {optional, type}}`; of a union of strings its members' names. */
export function declared(name) {
  const program = ts.createProgram([TYPES], STRICT);
  const checker = program.getTypeChecker();
  const symbol = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(TYPES))).find((entry) => entry.name === name);
  if (!symbol) throw new Error(`index.d.ts declares no ${name}`);
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (type.isUnion()) return type.types.map(({ value }) => value);
  const member = (property) => {
    const written = property.valueDeclaration.type.getText();
    return [property.name, { optional: Boolean(property.flags & ts.SymbolFlags.Optional), type: written }];
  };
  return Object.fromEntries(type.getProperties().map(member));
}
