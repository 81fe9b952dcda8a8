// Answers rows into the page, for a comparison with the model.
const { model, answerTable, readTable, writeTable } = globalThis.journeyman;
const shown = document.createElement("pre");
shown.id = "answers";
shown.textContent = writeTable(answerTable(await model, readTable(ROWS)));
document.body.append(shown);
