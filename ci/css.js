// SPDX-License-Identifier: GPL-2.0-only
// The mistakes in the style sheets named, by the grammar of CSS, as file:line:column: message.
"use strict";

const { readFileSync } = require("fs");
const { lexer, parse, walk } = require("css-tree");

function check(filename) {
	const report = ({ line, column }, message) => {
		console.log(`${filename}:${line}:${column}: ${message}`);
		process.exitCode = 1;
	};
	const sheet = parse(readFileSync(filename, "utf8"), {
		filename,
		positions: true,
		parseCustomProperty: true,
		onParseError: (error) => report(error, error.message),
	});
	const variables = new Set();

	/* The grammar takes calc() for a length, and does not know the others. */
	walk(sheet, { visit: "Function", enter: (node) => {
		if (["clamp", "max", "min"].includes(node.name))
			node.name = "calc";
	} });
	walk(sheet, { visit: "Declaration", enter: ({ property }) => variables.add(property) });
	walk(sheet, (node) => {
		if (node.type === "Atrule") {
			const { error } = lexer.matchAtrulePrelude(node.name, node.prelude);

			if (error)
				report(node.loc.start, error.message);
		} else if (node.type === "Declaration" && !node.property.startsWith("--")) {
			const { error } = lexer.matchDeclaration(node);

			/* A plain Error: the value has a var(), and could be anything. */
			if (error?.name === "SyntaxMatchError")
				report(node.loc.start, `${node.property} cannot be ${error.css}`);
			else if (error?.name === "SyntaxReferenceError")
				report(node.loc.start, error.message);
		} else if (node.type === "Function" && node.name === "var") {
			const { name } = node.children.first;

			if (!variables.has(name))
				report(node.loc.start, `${name} is set nowhere in this file`);
		}
	});
}

process.argv.slice(2).forEach(check);
