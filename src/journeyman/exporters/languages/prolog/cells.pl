:- module(PACKAGE_cells, [cell_value/3, without_float_errors/1, finite_or_nan/2, nan/1, civil_date/4, days_of/4]).

/** <module> Cells of raw rows to doubles: texts as a file holds them, or typed values.

The columns themselves are facts of the module PACKAGE: column/9, category/3, boolean_name/3, missing_number/2.
*/

%!  without_float_errors(:Goal)
%   Run Goal once with NaN and infinities as values instead of errors.

:- meta_predicate without_float_errors(0).

without_float_errors(Goal) :-
    Flags = [float_undefined-nan, float_zero_div-infinity, float_overflow-infinity],
    findall(Flag-Old, (member(Flag-_, Flags), current_prolog_flag(Flag, Old)), Before),
    setup_call_cleanup(set_flags(Flags), once(Goal), set_flags(Before)).

set_flags(Flags) :- forall(member(Flag-Value, Flags), set_prolog_flag(Flag, Value)).

nan(X) :- X =\= X.

finite(X) :- X =:= X, abs(X) < inf.

finite_or_nan(X, Y) :- ( finite(X) -> Y = X ; Y is nan ).

%!  cell_value(+Register, +Given, -Value)
%   Given is a text (an atom or a string), a number, true, false, or null where the value is missing.

cell_value(Register, Given, Value) :-
    PACKAGE:column(Register, Name, Kind, _, _, _, _, _, _),
    (   Kind == text -> Value is nan
    ;   Given == null -> nothing(Kind, Value)
    ;   number(Given) -> typed_value(Kind, Register, Given, Value)
    ;   memberchk(Given, [true, false]), Kind \== category -> ( Given == true -> Value = 1.0 ; Value = 0.0 )
    ;   ( atom(Given) ; string(Given) ) ->
        cleaned(Given, Text),
        ( Text == "" -> nothing(Kind, Value) ; text_value(Kind, Register, Text, Value) )
    ;   format(string(Message), "column ~q holds ~q; wanted is a number or a text", [Name, Given]),
        throw(error(plan_error(Message), _))
    ).

nothing(Kind, Value) :- ( Kind == category -> Value = -1.0 ; Value is nan ).

typed_value(category, Register, Given, Value) :- !,
    X is float(Given),
    ( finite(X) -> shortest_text(X, Text), text_value(category, Register, Text, Value) ; Value = -1.0 ).
typed_value(date, Register, Given, Value) :-
    PACKAGE:column(Register, _, _, _, _, _, Missing, _, _),
    member(Gone, Missing),
    micros(Register, Gone, Micros),
    Given =:= Micros / 1.0e6, !,
    Value is nan.
typed_value(_, Register, Given, Value) :-
    X is float(Given),
    unless_gone(Register, X, Value).

unless_gone(Register, X, Value) :-
    (   finite(X), \+ ( PACKAGE:missing_number(Register, Gone), Gone =:= X )
    ->  Value = X
    ;   Value is nan
    ).

blanks("\t\n\r\f\v \u00a0\u202f\u2009\u3000\ufeff\u200b\u200e\u200f\u2060").

without_blanks(Text, Bare) :- blanks(Blanks), split_string(Text, "", Blanks, [Bare]).

%   Without blanks at the ends and without a pair of quotes around.
cleaned(Given, Text) :-
    without_blanks(Given, Bare),
    ( string_concat("=\"", Rest, Bare) -> string_concat("\"", Rest, Open) ; Open = Bare ),
    (   member(Quote, ["\"", "'"]), string_concat(Quote, Tail, Open), string_concat(Inner, Quote, Tail)
    ->  without_blanks(Inner, Text)
    ;   Text = Open
    ).

text_value(number, Register, Text, Value) :-
    PACKAGE:column(Register, _, _, Decimal, Unit, _, _, _, _),
    string_codes(Text, Codes),
    (   \+ ( Decimal == ',', memberchk(0'., Codes) ), plain_number(Codes, X) -> true
    ;   without_unit(Text, Unit, Bare), string_codes(Bare, Rest), written_number(Decimal, Rest, X) -> true
    ;   X is nan
    ),
    unless_gone(Register, X, Value).
text_value(boolean, Register, Text, Value) :-
    string_lower(Text, Lower),
    atom_string(Name, Lower),
    (   gone_text(Register, Text) -> Value is nan
    ;   PACKAGE:boolean_name(Register, Name, Value) -> true
    ;   finite_number(Text, X), unless_gone(Register, X, Y), \+ nan(Y)
    ->  shortest_text(X, Short),
        atom_string(Shortest, Short),
        (   PACKAGE:boolean_name(Register, Shortest, Value) -> true
        ;   PACKAGE:column(Register, _, _, _, _, ['0', '1' | _], _, _, _) -> Value = X
        ;   Value is nan
        )
    ;   Value is nan
    ).
text_value(category, Register, Text, Value) :-
    atom_string(Name, Text),
    PACKAGE:column(Register, _, _, _, Unit, _, _, _, _),
    (   PACKAGE:category(Register, Name, Value) -> true
    ;   Unit \== exact, \+ gone_text(Register, Text), finite_number(Text, X), bare_text(Unit, Register, Text, X, Bare),
        PACKAGE:category(Register, Bare, Value) -> true
    ;   Value = -1.0
    ).
text_value(date, Register, Text, Value) :-
    (   \+ gone_text(Register, Text), micros(Register, Text, Micros),
        \+ ( PACKAGE:column(Register, _, _, _, _, _, Missing, _, _), member(Gone, Missing), micros(Register, Gone, Micros) )
    ->  Value is Micros / 1.0e6
    ;   Value is nan
    ).

gone_text(Register, Text) :-
    PACKAGE:column(Register, _, _, _, _, _, Missing, _, _),
    atom_string(Name, Text),
    memberchk(Name, Missing).

bare_text(zeros, Register, Text, X, Bare) :- !,
    ( digits_only(Text) -> Short = Text ; shortest_text(X, Short) ),
    (   digits_only(Short)
    ->  PACKAGE:column(Register, _, _, _, _, [First | _], _, _, _),
        atom_length(First, Width),
        string_length(Short, Length),
        Zeros is max(0, Width - Length),
        format(atom(Bare), "~*c~w", [Zeros, 0'0, Short])
    ;   atom_string(Bare, Short)
    ).
bare_text(_, _, _, X, Bare) :- shortest_text(X, Short), atom_string(Bare, Short).

digits_only(Text) :- string_codes(Text, Codes), Codes \== [], phrase(digits(_), Codes).

without_unit(Text, '', Text) :- !.
without_unit(Text, Unit, Bare) :-
    member(Sign, ["+", "-", ""]),
    string_concat(Sign, Unsigned, Text),
    string_concat(Unit, Rest, Unsigned), !,
    without_blanks(Rest, Inner),
    string_concat(Sign, Inner, Bare).
without_unit(Text, Unit, Bare) :- string_concat(Rest, Unit, Text), !, without_blanks(Rest, Bare).
without_unit(Text, _, Text).

%   Numbers. A plain one is a sign or none, digits with a point or without, and an exponent or none.

finite_number(Text, X) :- string_codes(Text, Codes), plain_number(Codes, X), finite(X).

plain_number(Codes, X) :- phrase(number(Sign, Whole, Part, Exponent), Codes), !, value(Sign, Whole, Part, Exponent, X).

number(Sign, Whole, Part, Exponent) -->
    sign(Sign), digits(Whole), ( "." -> digits(Part) ; { Part = [] } ), { \+ ( Whole == [], Part == [] ) },
    exponent(Exponent).

sign(-1) --> "-", !.
sign(1) --> "+", !.
sign(1) --> [].

digits([D | Ds]) --> digit(D), !, digits(Ds).
digits([]) --> [].

digit(D) --> [D], { D >= 0'0, D =< 0'9 }.

exponent(E) --> ( "e" ; "E" ), !, sign(S), digits(Ds), { Ds \== [], number_codes(N, Ds), E is S * N }.
exponent(0) --> [].

value(Sign, Whole, Part, Exponent, X) :-
    append(Whole, Part, Digits),
    number_codes(N, Digits),
    length(Part, Places),
    E is Exponent - Places,
    (   N =:= 0 -> Size = 0.0
    ;   length(Digits, Length), E + Length < -800 -> Size = 0.0
    ;   E > 400 -> Size is inf
    ;   format(codes(Codes), "~d.0e~d", [N, E]),
        catch(number_codes(Size, Codes), error(syntax_error(_), _), Size is inf) % what is too large is no float here
    ),
    X is Sign * Size.

written_number(Decimal, Codes, X) :- phrase(grouped(Decimal, Sign, Whole, Part, E), Codes), !, value(Sign, Whole, Part, E, X).
written_number(Decimal, Codes, X) :- phrase(swapped(Decimal, Sign, Whole, Part, E), Codes), !, value(Sign, Whole, Part, E, X).
written_number(_, Codes, 1.0) :- Codes = `True`.
written_number(_, Codes, 0.0) :- Codes = `False`.

%   Groups: one to three digits, then three each, all divided by the same sign; or digits alone.
grouped(Decimal, Sign, Whole, Part, E) -->
    sign(Sign), ( groups(Decimal, Whole) ; digits(Whole) ),
    ( [Point], { atom_codes(Decimal, [Point]) } -> digits(Part) ; { Part = [] } ),
    { \+ ( Whole == [], Part == [] ) }, exponent(E).

groups(Decimal, Whole) -->
    first_group(First), [By], { group_sign(Decimal, By) }, three(Group), more_groups(By, Rest),
    { append([First, Group, Rest], Whole) }.

first_group([A | As]) --> digit(A), { A \== 0'0 }, ( digit(B), digit(C), { As = [B, C] } ; digit(B), { As = [B] } ; { As = [] } ).

three([A, B, C]) --> digit(A), digit(B), digit(C).

more_groups(By, Digits) --> [By], three(Group), !, more_groups(By, Rest), { append(Group, Rest, Digits) }.
more_groups(_, []) --> [].

group_sign(_, 32). % blank
group_sign(_, 39). % apostrophe
group_sign(_, 0'_).
group_sign('.', 0',).
group_sign(',', 0'.).

swapped(Decimal, Sign, Whole, Part, E) -->
    sign(Sign), digits(Whole), { Whole \== [] }, [Point],
    { Decimal == ',' -> Point == 0'. ; Point == 0', },
    digits(Part), { length(Part, N), ( N =:= 1 ; N =:= 2 ; N > 3 ) }, !, exponent(E).

%!  shortest_text(+X, -Text)
%   The shortest text of a finite number, as Python writes it; whole numbers below 1e15 without a point.
shortest_text(X, Text) :-
    X =:= truncate(X), abs(X) < 1.0e15, !,
    N is truncate(X),
    format(string(Text), "~d", [N]).
shortest_text(X, Text) :-
    ( X < 0 -> Sign = "-" ; Sign = "" ),
    Size is abs(X),
    between(1, 17, Digits),
    Places is Digits - 1,
    format(codes(Codes), "~*e", [Places, Size]),
    number_codes(Same, Codes),
    Same =:= Size, !,
    phrase(number(_, [First], Part, E), Codes),
    fixed_or_power([First | Part], E, Body),
    format(string(Text), "~w~s", [Sign, Body]).

fixed_or_power(Digits, E, Body) :- E >= -4, E < 0, !,
    Zeros is -1 - E,
    format(codes(Body), "0.~*c~s", [Zeros, 0'0, Digits]).
fixed_or_power(Digits, E, Body) :- E >= 0, E < 16, !,
    length(Digits, Length),
    Before is E + 1,
    (   Length =< Before
    ->  Zeros is Before - Length,
        format(codes(Body), "~s~*c.0", [Digits, Zeros, 0'0])
    ;   length(Front, Before),
        append(Front, Back, Digits),
        format(codes(Body), "~s.~s", [Front, Back])
    ).
fixed_or_power([First | Rest], E, Body) :-
    ( Rest == [] -> Part = [] ; Part = [46 | Rest] ),
    ( E < 0 -> Sign = "-" ; Sign = "+" ),
    Size is abs(E),
    format(codes(Body), "~c~se~w~|~`0t~d~2+", [First, Part, Sign, Size]).

%   Dates: microseconds since 1970 by the first format that fits.

micros(Register, Text, Micros) :-
    PACKAGE:column(Register, _, _, _, _, _, _, Formats, Century),
    member(Format, Formats),
    (   memberchk(Format-Scale, [epoch_s-1.0e6, epoch_ms-1.0e3, epoch_us-1.0, epoch_ns-1.0e-3])
    ->  finite_number(Text, X),
        Exact is X * Scale,
        abs(Exact) < 2.0 ** 62,
        half_even(Exact, Micros)
    ;   atom_codes(Format, Items),
        ( tight(Format) -> Least = 2 ; Least = 1 ),
        string_codes(Text, Codes),
        phrase(date(Items, Least, Parts), Codes),
        moment(Parts, Century, Micros)
    ), !.

tight('%Y-%m').
tight('%Y/%m').
tight('%m/%Y').
tight(Format) :- atom_concat('%Y%m%d', _, Format).

half_even(X, N) :-
    Low is floor(X),
    Part is X - Low,
    ( Part > 0.5 -> N is Low + 1 ; Part =:= 0.5, 1 is Low mod 2 -> N is Low + 1 ; N = Low ).

date([], _, []) --> [].
date([0'%, Code | Items], Least, [Part | Parts]) --> !, part(Code, Least, Part), date(Items, Least, Parts).
date([Sign | Items], Least, Parts) --> [Sign], date(Items, Least, Parts).

part(0'Y, _, year-N) --> whole(4, 4, N).
part(0'y, _, short-N) --> whole(2, 2, N).
part(0'm, Least, month-N) --> whole(Least, 2, N).
part(0'd, Least, day-N) --> whole(Least, 2, N).
part(0'H, Least, hour-N) --> whole(Least, 2, N).
part(0'I, Least, twelve-N) --> whole(Least, 2, N).
part(0'M, _, minute-N) --> whole(2, 2, N).
part(0'S, _, second-N) --> whole(2, 2, N).
part(0'f, _, micros-N) -->
    some_digits(1, 9, Digits),
    { append(Digits, `000000`, Long), length(Six, 6), append(Six, _, Long), number_codes(N, Six) }.
part(0'b, _, month-N) --> month(N).
part(0'B, _, month-N) --> month(N).
part(0'p, _, late-Hours) --> [H], { memberchk(H-Hours, [0'a-0, 0'A-0, 0'p-12, 0'P-12]) }, ( "m" ; "M" ).
part(0'z, _, east-Seconds) --> zone(Seconds).

whole(Least, Most, N) --> some_digits(Least, Most, Digits), { number_codes(N, Digits) }.

%   The longest first.
some_digits(Least, Most, Digits) --> { between(Least, Most, K), Count is Most + Least - K, length(Digits, Count) }, all_digits(Digits).

all_digits([]) --> [].
all_digits([D | Ds]) --> digit(D), all_digits(Ds).

month(N) -->
    { nth1(N, ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
               "november", "december"], Long),
      ( Name = Long ; sub_string(Long, 0, 3, _, Name) ),
      string_codes(Name, Letters) },
    letters(Letters), ( "." ; [] ).

letters([]) --> [].
letters([L | Ls]) --> [C], { C =:= L ; C =:= L - 32 }, letters(Ls). % whatever the case

zone(0) --> "Z" ; "UTC" ; "GMT".
zone(East) -->
    ( "+", { Sign = 1 } ; "-", { Sign = -1 } ), whole(2, 2, Hours),
    ( ":", whole(2, 2, Minutes) ; whole(2, 2, Minutes) ; { Minutes = 0 } ),
    { ( Hours =< 14, Minutes < 60 -> East is Sign * (Hours * 3600 + Minutes * 60) ; East = bad ) }.

moment(Parts, Century, Micros) :-
    part_of(year, Parts, none, Whole),
    part_of(short, Parts, 0, Short),
    ( Whole == none -> Year is Century + (Short - Century) mod 100 ; Year = Whole ),
    part_of(month, Parts, 1, Month),
    part_of(day, Parts, 1, Day),
    part_of(twelve, Parts, none, Twelve),
    part_of(late, Parts, 0, Late),
    part_of(hour, Parts, 0, Given),
    ( Twelve == none -> Hour = Given ; between(1, 12, Twelve), Hour is Twelve mod 12 + Late ),
    part_of(minute, Parts, 0, Minute),
    part_of(second, Parts, 0, Second),
    part_of(micros, Parts, 0, Fraction),
    part_of(east, Parts, 0, East),
    Year >= 1, between(1, 12, Month), Minute < 60, Second < 60, integer(East),
    ( Hour < 24 -> true ; [Hour, Minute, Second, Fraction] == [24, 0, 0, 0] ), % the end of the day
    days_of(Year, Month, 1, First),
    ( Month =:= 12 -> Next is Year + 1, days_of(Next, 1, 1, After) ; Following is Month + 1, days_of(Year, Following, 1, After) ),
    Length is After - First,
    between(1, Length, Day),
    Micros is ((First + Day - 1) * 86400 + Hour * 3600 + Minute * 60 + Second - East) * 1000000 + Fraction.

part_of(Name, Parts, Otherwise, Value) :- ( memberchk(Name-Found, Parts) -> Value = Found ; Value = Otherwise ).

%   Days since 1970 of dates of the Gregorian calendar, and back (howardhinnant.github.io/date_algorithms.html).

days_of(Year, Month, Day, Days) :-
    ( Month =< 2 -> Y is Year - 1, Shifted is Month + 9 ; Y = Year, Shifted is Month - 3 ),
    Era is Y div 400,
    OfEra is Y - Era * 400,
    OfYear is (153 * Shifted + 2) div 5 + Day - 1,
    Days is Era * 146097 + OfEra * 365 + OfEra div 4 - OfEra div 100 + OfYear - 719468.

civil_date(Days, Year, Month, Day) :-
    Z is Days + 719468,
    Era is Z div 146097,
    OfEra is Z - Era * 146097,
    Years is (OfEra - OfEra div 1460 + OfEra div 36524 - OfEra div 146096) div 365,
    OfYear is OfEra - (365 * Years + Years div 4 - Years div 100),
    Shifted is (5 * OfYear + 2) div 153,
    Day is OfYear - (153 * Shifted + 2) div 5 + 1,
    ( Shifted < 10 -> Month is Shifted + 3 ; Month is Shifted - 9 ),
    ( Month =< 2 -> Year is Years + Era * 400 + 1 ; Year is Years + Era * 400 ).
