#pragma once

#include <eigentune/space/condition.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/space/value.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune::analysis_detail {

/// A search space that is being changed, hyperparameter by hyperparameter, each at the index that it has in the old
/// one.
struct SpaceDraft {
  struct Entry {
    Role role;
    Domain domain;
  };

  explicit SpaceDraft(const SearchSpace& space) {
    for (const Hyperparameter& one : space.hyperparameters()) entries.push_back({one.role, one.domain});
  }

  void fix(std::size_t index, Value value) { entries[index] = {Role::fixed, choice({std::move(value)})}; }

  /// The new space, and the indices of the hyperparameters of the old one that can never be active in it.
  std::pair<SearchSpace, std::vector<std::size_t>> build(const SearchSpace& old) const {
    SearchSpace space;
    std::vector<std::size_t> inactive;
    std::vector<std::optional<HyperparameterHandle>> handles;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Hyperparameter& own = old.hyperparameters()[i];
      handles.push_back(std::nullopt);
      std::optional<Condition> condition;
      if (own.condition && !(condition = condition_on(handles, own.condition->clauses()))) {
        inactive.push_back(i);
        continue;
      }
      handles[i] = entries[i].role == Role::scientific ? space.scientific(own.name, entries[i].domain, condition)
                   : entries[i].role == Role::nuisance ? space.nuisance(own.name, entries[i].domain, condition)
                                                       : space.fixed(own.name, entries[i].domain.at(0), condition);
    }
    return {std::move(space), std::move(inactive)};
  }

  std::vector<Entry> entries;

 private:
  /// The clauses with the values that are left; absent if one has none.
  std::optional<Condition> condition_on(const std::vector<std::optional<HyperparameterHandle>>& handles,
                                        const std::vector<Clause>& clauses) const {
    std::optional<Condition> condition;
    for (const Clause& clause : clauses) {
      const std::optional<HyperparameterHandle>& handle = handles[clause.index];
      std::vector<Value> values;
      for (const Value& value : clause.values) {
        if (entries[clause.index].domain.contains(value)) values.push_back(value);
      }
      if (!handle || values.empty()) return std::nullopt;
      const Condition one = handle->is_any_of(std::move(values));
      condition = condition ? *condition && one : one;
    }
    return condition;
  }
};

}  // namespace eigentune::analysis_detail
