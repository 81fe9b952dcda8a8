"""Statements of R in Python."""

from __future__ import annotations

from dataclasses import replace

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, match_arguments
from journeyman.importers.prototypes.r.assignments import assign, assign_name
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.formulas import written
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["translate_statement"]

_SHOWN_NAMES = (
    "library require requireNamespace suppressPackageStartupMessages suppressMessages install.packages setwd getwd "
    "rm gc options source detach par layout dev.off pdf png jpeg graphics.off save saveRDS write.csv write.table "
    "write_csv sink Sys.time Sys.setenv Sys.setlocale registerDoParallel stopCluster ggsave theme_set help View "
    "browseURL download.file unzip sessionInfo invisible system.time proc.time knitr::opts_chunk plot hist boxplot "
    "barplot pie lines points abline legend text title axis curve pairs matplot mosaicplot heatmap qqnorm qqline "
    "scatterplot ggpairs corrplot plotcp printcp rpart.plot prp fancyRpartPlot varImpPlot plot.roc grid.arrange "
    "ggplot qplot ggplotly plot_ly densityplot featurePlot xyplot histogram vis_miss aggr md.pattern "
    "chart.Correlation str summary head tail glimpse View skim describe dim nrow ncol names colnames class typeof "
    "levels attributes anova importance varImp vif coef confint shapiro.test t.test chisq.test cor.test aov "
    "TukeyHSD wilcox.test var.test colSums colMeans sapply lapply apply tapply table prop.table cor unique length "
    "quantile is.na any ls exists stopifnot kable datatable round stem hist.default by with aggregate xtabs ftable "
    "addmargins residuals fitted"
)
_SHOWN = frozenset(_SHOWN_NAMES.split())
"""What is called for what it shows; a value that nobody keeps."""
_PRINTED_NAMES = "print cat message paste paste0 format sprintf round show writeLines signif formatC percent"
_PRINTED = frozenset(_PRINTED_NAMES.split())


def translate_statement(program: Program, node: Node) -> None:
    """Add a statement to the program.

    Raises
    ------
    OutsideSubsetError
        It has no translation; nothing of it is added then, apart from what the caller takes back.
    """
    program.line = node.line
    while isinstance(node, syntax.Unary) and node.operator == "(" and isinstance(node.operand, syntax.Assign):
        node = node.operand
    if isinstance(node, syntax.Assign):
        if isinstance(node.value, syntax.Function) and isinstance(node.target, syntax.Name):
            _function(program, node.target.name, node.value)
        elif isinstance(node.value, syntax.If) and isinstance(node.value.then, syntax.Block):
            translate_statement(program, _assigned_inside(node))
        else:
            assign(program, node)
    elif isinstance(node, syntax.Block):
        for one in node.statements:
            translate_statement(program, one)
    elif isinstance(node, syntax.If):
        _if(program, node)
    elif isinstance(node, syntax.For):
        _for(program, node)
    elif isinstance(node, syntax.While):
        program.emit(f"while {translate(program, node.condition).code}:")
        _body(program, node.body)
    elif isinstance(node, syntax.LoopExit):
        program.emit({"next": "continue"}.get(node.word, node.word))
    else:
        _show(program, node)


def _assigned_inside(node: syntax.Assign) -> Node:
    """Return ``x <- if (a) {b} else {c}`` as ``if (a) {x <- b} else {x <- c}``."""

    def inside(body: Node | None) -> Node | None:
        if body is None:
            return None
        statements = body.statements if isinstance(body, syntax.Block) else (body,)
        if not statements:
            raise OutsideSubsetError("a value", node)
        return syntax.Block(body.line, (*statements[:-1], replace(node, value=statements[-1])))

    value = node.value
    assert isinstance(value, syntax.If)  # as asked by the caller
    return replace(value, then=inside(value.then) or value.then, otherwise=inside(value.otherwise))


def _if(program: Program, node: syntax.If) -> None:
    calls = [called_name(one) for one in syntax.walk(node) if isinstance(one, Call)]
    if all(name in _SHOWN or name in _PRINTED for name in calls) and not _assigns(node):
        return
    program.emit(f"if {translate(program, node.condition).code}:")
    _body(program, node.then)
    if node.otherwise is not None:
        program.emit("else:")
        _body(program, node.otherwise)


def _assigns(node: Node) -> bool:
    return any(isinstance(one, syntax.Assign) for one in syntax.walk(node))


def _for(program: Program, node: syntax.For) -> None:
    if not _assigns(node.body):
        calls = [called_name(one) for one in syntax.walk(node.body) if isinstance(one, Call)]
        if all(name in _SHOWN or name in _PRINTED or name in program.functions for name in calls):
            return
    values = translate(program, node.values)
    own = program.name(node.name)
    program.emit(f"for {own} in {values.code}:")
    program.know(node.name, Value(own, Kind.SCALAR, values.holds))
    _body(program, node.body)


def _body(program: Program, node: Node) -> None:
    with program.indented():
        before = len(program.lines)
        translate_statement(program, node)
        if len(program.lines) == before:
            program.emit("pass")


def _function(program: Program, name: str, node: syntax.Function) -> None:
    """State a function of the script's own."""
    known = dict(program.variables)
    own = program.name(name)
    given = list[str]()
    for one in node.parameters:
        if one.name is None and isinstance(one.value, syntax.Name) and one.value.name != "...":
            given.append(program.name(one.value.name))
            program.know(one.value.name, Value(program.name(one.value.name)))
        elif one.name is not None and one.value is not None:
            given.append(f"{program.name(one.name)}={translate(program, one.value).code}")
            program.know(one.name, Value(program.name(one.name)))
        else:
            raise OutsideSubsetError("a function with ...", node)
    try:
        program.emit(f"def {own}({', '.join(given)}):")
        with program.indented():
            _returned(program, node.body)
    finally:
        program.variables.clear()
        program.variables.update(known)
    program.know(name, Value(own, Kind.FUNCTION))


def _returned(program: Program, node: Node) -> None:
    """State a body whose last value is returned."""
    statements = list(node.statements) if isinstance(node, syntax.Block) else [node]
    if not statements:
        program.emit("return None")
        return
    for one in statements[:-1]:
        if called_name(one) == "return":
            _returned(program, one)
        else:
            translate_statement(program, one)
    last = statements[-1]
    program.line = last.line
    if isinstance(last, Call) and called_name(last) == "return":
        inner = last.arguments[0].value if last.arguments else None
        program.emit(f"return {translate(program, inner).code}" if inner is not None else "return None")
    elif isinstance(last, syntax.If):
        program.emit(f"if {translate(program, last.condition).code}:")
        with program.indented():
            _returned(program, last.then)
        if last.otherwise is not None:
            program.emit("else:")
            with program.indented():
                _returned(program, last.otherwise)
    elif isinstance(last, syntax.Assign):
        translate_statement(program, last)
        if isinstance(last.target, syntax.Name):
            program.emit(f"return {translate(program, last.target).code}")
    elif isinstance(last, syntax.For | syntax.While | syntax.LoopExit):
        translate_statement(program, last)
    else:
        program.emit(f"return {translate(program, last).code}")


def _show(program: Program, node: Node) -> None:
    """A value that nobody keeps: scores are printed, everything else is dropped."""
    name = called_name(node)
    if _is_picture(node) or (isinstance(node, syntax.Unary) and node.operator == "?"):
        return
    if name == "return" and program.depth:
        _returned(program, node)
    elif name in ("set.seed", "data", "attach") and isinstance(node, Call):
        _acting(program, node)
    elif name in _PRINTED | {"data.frame", "tibble", "list"} and isinstance(node, Call):
        for one in node.arguments:
            if one.value is not None and one.name not in ("sep", "digits"):
                _printed(program, one.value)
    elif name in _SHOWN or isinstance(node, syntax.Number | syntax.Text | syntax.Constant | syntax.Name):
        if name == "summary" or isinstance(node, syntax.Name):
            _printed(program, node)
    elif name == "assign" and isinstance(node, Call):
        found = match_arguments(node, "x value")
        if not isinstance(found.get("x"), syntax.Text) or "value" not in found:
            raise OutsideSubsetError("assign() to a name that is written out", node)
        target = found["x"]
        assert isinstance(target, syntax.Text)  # as asked above
        assign_name(program, target.value, found["value"])
    else:
        value = translate(program, node)
        if value.kind is Kind.LIST:
            _printed(program, node)
        elif value.kind in (Kind.SCALAR, Kind.CROSS_TABLE, Kind.UNKNOWN):
            program.emit(f"print({value.code})")


def _acting(program: Program, node: Call) -> None:
    name = called_name(node)
    if name == "attach":
        inner = node.arguments[0].value if node.arguments else None
        program.attached = translate(program, inner) if inner is not None else None
        return
    program.functions[name](program, node)


def _printed(program: Program, node: Node) -> None:
    """Print the numbers and cross tables in what a call shows; texts around them are left out."""
    if isinstance(node, Call) and (called_name(node) in _PRINTED or called_name(node) in ("c", "data.frame", "list")):
        for one in node.arguments:
            if one.value is not None and one.name not in ("sep", "digits", "nsmall", "collapse"):
                _printed(program, one.value)
        return
    if isinstance(node, syntax.Number | syntax.Text | syntax.Constant) or called_name(node) in ("summary", "Sys.time"):
        return
    before = len(program.lines)
    try:
        value = translate(program, node)
    except OutsideSubsetError:
        del program.lines[before:]
        return
    if value.kind is Kind.CROSS_TABLE or (value.kind is Kind.SCALAR and value.holds is Holds.NUMBERS):
        program.emit(f"print({value.code})")


def _is_picture(node: Node) -> bool:
    while isinstance(node, syntax.Binary) and node.operator == "+":
        node = node.left
    while isinstance(node, Call) and called_name(node) not in ("ggplot", "qplot") and node.arguments:
        first = node.arguments[0].value
        if first is None or not isinstance(first, Call) or called_name(node) not in ("print", "ggplotly", "plot"):
            break
        node = first
    return called_name(node) in ("ggplot", "qplot", "plot_ly") or written(node).startswith("knitr")
