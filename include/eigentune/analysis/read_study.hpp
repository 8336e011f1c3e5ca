#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace eigentune {

/// What the study's storage holds now. Trials may be running; one that begins while this reads is left out. Throws
/// eigentune::Error if the storage fails.
inline StudyData read_study(const Study& study) {
  StudyData data{.definition = study.definition(), .space = study.space(), .trials = study.trials()};
  study.each_curve([&data](std::int64_t number, TrainingCurve curve) {
    if (number < static_cast<std::int64_t>(data.trials.size())) data.curves.emplace(number, std::move(curve));
  });
  return data;
}

/// The same of the study of that name. Throws eigentune::Error if the storage has none or fails, and
/// std::invalid_argument if `storage` is null.
inline StudyData read_study(std::shared_ptr<Storage> storage, const std::string& name) {
  return read_study(Study::load(std::move(storage), name));
}

}  // namespace eigentune
