#pragma once

/// The training pipeline around the optimizer: checkpoints, gradient norms, throughput, input, evaluation, the run log.
/// Needs nlohmann-json and xxHash besides what <eigentune/optim.hpp> needs.

#include <eigentune/core/training_curve.hpp>
#include <eigentune/optim.hpp>
#include <eigentune/train/batch_size_sweep.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>
#include <eigentune/train/class_counts.hpp>
#include <eigentune/train/epoch_shuffle.hpp>
#include <eigentune/train/evaluation.hpp>
#include <eigentune/train/evaluation_schedule.hpp>
#include <eigentune/train/gradient_norm_monitor.hpp>
#include <eigentune/train/kept_predictions.hpp>
#include <eigentune/train/load_parameters.hpp>
#include <eigentune/train/prefetch_loader.hpp>
#include <eigentune/train/run_log.hpp>
#include <eigentune/train/run_log_reader.hpp>
#include <eigentune/train/sampled_evaluation.hpp>
#include <eigentune/train/throughput.hpp>
#include <eigentune/train/weighted_mean.hpp>
