/**
 * @file journeyman_plan.hpp
 * Predicts with a model that Journeyman released, from C++17: a face of RAII, types and exceptions over the reader in C.
 */
#ifndef JOURNEYMAN_PLAN_HPP
#define JOURNEYMAN_PLAN_HPP

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "journeyman_plan.h"

namespace journeyman {

/** A plan that cannot be read, or a row that does not fit it; what() says why in one line. */
class plan_error : public std::runtime_error {
public:
    plan_error(jm_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
    /** The code of the reader in C; JM_OK where a row was at fault. */
    jm_status status() const noexcept { return status_; }

private:
    jm_status status_;
};

/** A value of a row: missing, a number (yes and no are 1 and 0, dates seconds since 1970 in UTC), or a text. */
using value = std::variant<std::monostate, double, std::string_view>;

/** A value from what may be missing. */
template <class Type> value from(const std::optional<Type> &given)
{
    if (!given)
        return std::monostate{};
    if constexpr (std::is_arithmetic_v<Type>)
        return static_cast<double>(*given);
    else
        return std::string_view(*given);
}

/** Ends of the interval in which the true value is to lie. */
struct interval {
    double low, high;
};

/** What is predicted of a row. */
struct prediction {
    std::vector<double> outputs;           /**< probabilities in the order of the labels, or values */
    std::vector<double> scores;            /**< raw scores, equal to the last bit everywhere */
    std::optional<std::size_t> label;      /**< position of the predicted label */
    std::optional<interval> range;         /**< where the model has an interval */
};

/** A model. Predicting changes nothing of it, so that threads may share it. */
class model {
public:
    /** Reads a plan from a file; throws plan_error. */
    explicit model(const std::string &path)
    {
        jm_error error{};
        jm_model *made = nullptr;
        if (jm_load(path.c_str(), &made, &error) != JM_OK)
            throw plan_error(error.status, error.message);
        model_.reset(made);
    }

    /** Reads a plan from memory; throws plan_error. */
    static model from_text(std::string_view text)
    {
        jm_error error{};
        jm_model *made = nullptr;
        if (jm_read(text.data(), text.size(), &made, &error) != JM_OK)
            throw plan_error(error.status, error.message);
        return model(made);
    }

    /** Predicts a row of typed values in the order of the columns; throws plan_error where there are more or fewer. */
    prediction predict(const std::vector<value> &row) const
    {
        std::vector<jm_value> values(row.size());
        for (std::size_t i = 0; i < row.size(); i++) {
            if (const double *number = std::get_if<double>(&row[i]))
                values[i] = {JM_NUMBER, *number, nullptr, 0};
            else if (const std::string_view *text = std::get_if<std::string_view>(&row[i]))
                values[i] = {JM_TEXT, 0.0, text->data() == nullptr ? "" : text->data(), text->size()};
        }
        return run(values);
    }

    /** Predicts a row of texts, as a file of comma-separated values holds them; throws plan_error likewise. */
    prediction predict_text(const std::vector<std::optional<std::string_view>> &row) const
    {
        std::vector<value> values;
        values.reserve(row.size());
        for (const auto &text : row)
            values.push_back(from(text));
        return predict(values);
    }

    /** Text of the predicted label; nothing where values are predicted. */
    std::optional<std::string_view> label(const prediction &predicted) const
    {
        if (!predicted.label)
            return std::nullopt;
        return std::string_view(jm_label(model_.get(), static_cast<int>(*predicted.label)));
    }

    std::string_view name() const { return jm_name(model_.get()); }
    int version() const { return jm_version(model_.get()); }
    std::string_view task() const { return jm_task(model_.get()); }
    std::string_view target() const { return jm_target(model_.get()); }

    /** Names of the columns, in the order of a row. */
    std::vector<std::string_view> columns() const
    {
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < jm_column_count(model_.get()); i++)
            names.emplace_back(jm_column_name(model_.get(), i));
        return names;
    }

    /** Texts of the labels, in the order of their probabilities; empty for values. */
    std::vector<std::string_view> labels() const
    {
        std::vector<std::string_view> texts;
        for (std::size_t i = 0; i < jm_label_count(model_.get()); i++)
            texts.emplace_back(jm_label(model_.get(), static_cast<int>(i)));
        return texts;
    }

    /** The model as the reader in C has it, for calls that allocate nothing. */
    const jm_model *get() const noexcept { return model_.get(); }

private:
    struct release {
        void operator()(jm_model *one) const noexcept { jm_free(one); }
    };
    std::unique_ptr<jm_model, release> model_;

    explicit model(jm_model *made) : model_(made) {}

    prediction run(const std::vector<jm_value> &values) const
    {
        const jm_model *one = model_.get();
        if (values.size() != jm_column_count(one))
            throw plan_error(JM_OK, "a row of " + std::to_string(values.size()) + " values; wanted are " +
                                        std::to_string(jm_column_count(one)) + ", one a column");
        std::vector<double> workspace(jm_workspace_length(one));
        jm_prediction found{};
        jm_predict(one, values.data(), workspace.data(), &found);
        prediction made;
        made.outputs.assign(found.outputs, found.outputs + jm_output_count(one));
        made.scores.assign(found.scores, found.scores + jm_score_count(one));
        if (found.label >= 0)
            made.label = static_cast<std::size_t>(found.label);
        if (jm_has_interval(one))
            made.range = interval{found.low, found.high};
        return made;
    }
};

} // namespace journeyman

#endif
