#pragma once

#include <eigentune/optim/optimizer.hpp>
#include <eigentune/rule/adam.hpp>
#include <eigentune/rule/momentum.hpp>
#include <eigentune/rule/nadam.hpp>
#include <eigentune/rule/nesterov.hpp>
#include <eigentune/rule/rmsprop.hpp>
#include <eigentune/rule/sgd.hpp>

namespace eigentune {

// The playbook's optimizers. Hyperparameters by name: `Adam<float> optimizer({.beta2 = 0.99})`.

template <class Scalar, class State = Scalar>
using SGD = Optimizer<SGDRule, Scalar, State>;

template <class Scalar, class State = Scalar>
using Momentum = Optimizer<MomentumRule, Scalar, State>;

template <class Scalar, class State = Scalar>
using Nesterov = Optimizer<NesterovRule, Scalar, State>;

template <class Scalar, class State = Scalar>
using RMSProp = Optimizer<RMSPropRule, Scalar, State>;

template <class Scalar, class State = Scalar>
using Adam = Optimizer<AdamRule, Scalar, State>;

template <class Scalar, class State = Scalar>
using NAdam = Optimizer<NAdamRule, Scalar, State>;

}  // namespace eigentune
