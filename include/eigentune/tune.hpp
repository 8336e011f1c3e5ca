#pragma once

/// The tuning half: search spaces, samplers, studies and their trials, in memory, and what they tell: findings, the next
/// search space, and whether to adopt a change. Needs nlohmann-json besides what <eigentune/optim.hpp> needs.

#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/analysis/next_space.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/playbook/adoption.hpp>
#include <eigentune/search/gaussian_process.hpp>
#include <eigentune/search/given_points.hpp>
#include <eigentune/search/grid.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/random_search.hpp>
#include <eigentune/search/sampler.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/parse.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/external_command.hpp>
#include <eigentune/study/memory_storage.hpp>
#include <eigentune/study/objective.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study.hpp>
#include <eigentune/version.hpp>
