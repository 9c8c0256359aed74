// Validates pages as long as somebody writes to it: a line is a list of pages, the answer to it their list of findings.
import { createInterface } from "node:readline";
import { CLI } from "html-validate";

const validator = await new CLI({ configFile: ".htmlvalidate.json" }).getValidator();
for await (const line of createInterface({ input: process.stdin })) {
  const reports = JSON.parse(line).map((page, number) => validator.validateString(page, `${number}.html`));
  const findings = (await Promise.all(reports)).map((report) => report.results.flatMap((result) => result.messages));
  process.stdout.write(`${JSON.stringify(findings)}\n`);
}
