#pragma once

/// The training half that every loop needs: update rules, schedules, clipping, on plain Eigen objects. To bind
/// Eigen::Tensor, include <eigentune/tensor.hpp> too.

#include <eigentune/core/random.hpp>
#include <eigentune/optim/averaging.hpp>
#include <eigentune/optim/make_optimizer.hpp>
#include <eigentune/optim/optimizers.hpp>
#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/constant_then_linear.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/cosine_restarts.hpp>
#include <eigentune/schedule/exponential_decay.hpp>
#include <eigentune/schedule/inverse_square_root.hpp>
#include <eigentune/schedule/lengthened.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/one_cycle.hpp>
#include <eigentune/schedule/piecewise_constant.hpp>
#include <eigentune/schedule/polynomial_decay.hpp>
#include <eigentune/schedule/schedule.hpp>
#include <eigentune/schedule/sequence.hpp>
#include <eigentune/schedule/warmup.hpp>
#include <eigentune/version.hpp>
