function points = code_points(text)
%CODE_POINTS The code points of a text, a row of doubles.
  units = double(text(:)');
  if exist('OCTAVE_VERSION', 'builtin') % characters are bytes of UTF-8
    units = mod(units, 256);
    starts = find(units < 128 | units >= 192);
    behind = [units, 0, 0, 0];
    first = units(starts);
    tail = @(k) mod(behind(starts + k), 64);
    points = first;
    two = first >= 192 & first < 224;
    three = first >= 224 & first < 240;
    four = first >= 240;
    second = tail(1);
    third = tail(2);
    fourth = tail(3);
    points(two) = (first(two) - 192) * 64 + second(two);
    points(three) = (first(three) - 224) * 4096 + second(three) * 64 + third(three);
    points(four) = (first(four) - 240) * 262144 + second(four) * 4096 + third(four) * 64 + fourth(four);
    points(points > 1114111) = 65533;
  else % characters are units of UTF-16
    high = find(units(1:end - 1) >= 55296 & units(1:end - 1) < 56320 & units(2:end) >= 56320 & units(2:end) < 57344);
    units(high) = (units(high) - 55296) * 1024 + units(high + 1) - 56320 + 65536;
    units(high + 1) = [];
    points = units;
  end
end
