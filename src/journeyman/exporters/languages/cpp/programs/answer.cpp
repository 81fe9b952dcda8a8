/* Answers a file of rows: answer PLAN ROWS ANSWERS. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>

#include "journeyman_plan.hpp"

extern "C" {
#include "csv.h"
}

namespace {

/* A file of rows that is closed in any case. */
class rows {
public:
    explicit rows(const char *path)
    {
        if (!csv_open(&csv_, path))
            throw std::runtime_error("the file '" + std::string(path) + "' cannot be read");
    }
    rows(const rows &) = delete;
    rows &operator=(const rows &) = delete;
    ~rows() { csv_close(&csv_); }
    bool next() { return csv_next(&csv_) != 0; }
    std::size_t size() const { return csv_.count; }
    std::string_view operator[](std::size_t place) const { return csv_.fields[place]; }

private:
    csv_file csv_{};
};

std::string text(double number)
{
    char written[32];
    if (std::isnan(number))
        return "nan";
    if (std::isinf(number))
        return number < 0 ? "-inf" : "inf";
    std::snprintf(written, sizeof written, "%.17g", number);
    return written;
}

std::string quoted(std::string_view field)
{
    if (field.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(field);
    std::string made = "\"";
    for (char letter : field)
        made += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return made + '"';
}

std::string joined(const std::vector<std::string> &fields)
{
    std::string line;
    for (const std::string &field : fields)
        line += (line.empty() ? "" : ",") + field;
    return line + '\n';
}

std::string heading(const journeyman::model &model)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < jm_score_count(model.get()); i++)
        names.push_back("score " + std::to_string(i));
    for (std::size_t i = 0; i < jm_output_count(model.get()); i++)
        names.push_back("prediction " + std::to_string(i));
    if (jm_has_interval(model.get()))
        names.insert(names.end(), {"low", "high"});
    if (!model.labels().empty())
        names.push_back("label");
    return joined(names);
}

std::string line(const journeyman::model &model, const journeyman::prediction &predicted)
{
    std::vector<std::string> fields;
    for (double score : predicted.scores)
        fields.push_back(text(score));
    for (double output : predicted.outputs)
        fields.push_back(text(output));
    if (predicted.range) {
        fields.push_back(text(predicted.range->low));
        fields.push_back(text(predicted.range->high));
    }
    if (const auto label = model.label(predicted))
        fields.push_back(quoted(*label));
    return joined(fields);
}

std::vector<std::size_t> places(const journeyman::model &model, const rows &file)
{
    std::vector<std::size_t> found;
    for (std::string_view name : model.columns()) {
        std::size_t place = 0;
        while (place < file.size() && file[place] != name)
            place++;
        if (place == file.size())
            throw std::runtime_error("no column '" + std::string(name) + "' in the file");
        found.push_back(place);
    }
    return found;
}

void answer(const char *plan, const char *path, const char *answers)
{
    const journeyman::model model(plan);
    rows file(path);
    file.next();
    const auto at = places(model, file);
    std::ofstream out(answers, std::ios::binary);
    out << heading(model);
    while (file.next()) {
        std::vector<std::optional<std::string_view>> row;
        for (std::size_t place : at)
            row.push_back(place < file.size() ? std::optional(file[place]) : std::nullopt);
        out << line(model, model.predict_text(row));
    }
    if (!out.flush())
        throw std::runtime_error("the file '" + std::string(answers) + "' cannot be written");
}

} // namespace

int main(int count, char **words)
{
    if (count != 4) {
        std::cerr << "usage: answer PLAN ROWS ANSWERS\n";
        return 2;
    }
    try {
        answer(words[1], words[2], words[3]);
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
