#!/usr/bin/env python3
"""Reference trajectories for the update rules, written to rule_golden.hpp beside this script.

Usage:
  python3 rule_oracle.py            check the references against each other, then write rule_golden.hpp
  python3 rule_oracle.py --check    the same checks, then compare with the committed header instead of writing it
  python3 rule_oracle.py --report   also print how well conditioned every case is

Needs NumPy and PyTorch (Debian: python3-numpy python3-torch). The committed header was made with Python 3.11, NumPy
1.24 and PyTorch 1.13; the same versions write it again byte for byte. Nothing here is shared with the C++ code.

Where the numbers come from
  playbook_*  The formulas of the Deep Learning Tuning Playbook, "What are the update rules for all the popular
              optimization algorithms?", with weight decay in front of the rule.
  torch_*     torch.optim itself, run here in float64. Current PyTorch has the same definitions. One care: the
              single-tensor NAdam of PyTorch 1.x multiplies mu_t twice into the product of the next step, unlike its
              own documentation, its foreach implementation and PyTorch 2; so NAdam runs with foreach=True.
  keras_*     Keras 3, keras/src/optimizers/{sgd,rmsprop,adam,nadam,base_optimizer}.py.
  tf_keras_*  TensorFlow 2's older optimizer_v2 (tf.keras.optimizers.legacy), where it differs from Keras 3: RMSprop
              adds epsilon outside the root, but only if momentum is 0; Nadam's exponent is 0.004 t, in Keras 3 t.
  optax_*     optax, optax/_src/{alias,transform}.py.

Everything but torch_* is evaluated on NumPy arrays of 50-digit decimals and rounded to float64 once, at the end, so
that these numbers are right to the last bit on any machine. A hyperparameter is the float64 nearest to what is written
(0.999 means 0.99899999999999999911...), as in every library. Powers are running products.
"""

import decimal
import math
import os
import pathlib
import sys
from types import SimpleNamespace

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # before the import: the same kernels, so the same bits, on every CPU

import numpy as np
import torch

Decimal = decimal.Decimal
decimal.getcontext().prec = 50
decimal.getcontext().Emin, decimal.getcontext().Emax = -99999, 99999
torch.set_default_dtype(torch.float64)  # NAdam keeps its product of momenta in a tensor of the default type
torch.set_num_threads(1)

HEADER = pathlib.Path(__file__).with_name("rule_golden.hpp")
ELEMENTS = 17  # one more than the widest SIMD pack: a body and a tail at every width
STEPS = 60
RECORDED_STEPS = (1, 2, 3, 10, 30, 60)

# -------- the input


def make_rates():
    """Warmup, decay, one step at rate zero, a restart, a drop and a slower decay: nowhere constant for long."""
    rates = [0.001 * (t + 1) for t in range(10)]
    rates += [0.010 - 0.0003 * (t - 10) for t in range(10, 30)]
    rates += [0.0] + [0.006] * 9
    rates += [0.0006 - 0.00001 * (t - 40) for t in range(40, 45)]
    rates += [0.0002 * (60 - t) for t in range(45, 60)]
    return [round(rate, 5) for rate in rates]


INITIAL = [1.5, -0.75, 1.25, -2.0, 1.75, -1.5, 1.0, 0.8125, -1.125]
INITIAL += [0.625, -1.375, 2.0, 0.5625, -1.0, 1.6875, -0.875, 1.1875]

ELEMENT_KINDS = (
    "one sign",
    "one sign, negative parameter",
    "changes sign in about one step of four, until step 48",
    "changes sign at every step",
    "always exactly zero",
    "about 1e-6",
    "about 1e-6, changes sign in about one step of four, until step 48",
    "ordinary, 1e3 at step 13",
    "ordinary, 1e3 at step 13 and the opposite at step 27",
    "ordinary, 2^-20 (about 1e-6) in every fifth step",
    "exactly zero for the first 20 steps, then ordinary",
    "constant",
    "ordinary, exactly zero from step 25 on",
    "exactly zero but for every seventh step",
    "about 100",
    "doubles every other step, from 2^-20 to 2^9",
    "1e3 in the first step, then ordinary",
)
ZERO_STEPS = (5, 23, 24, 41)  # counted from 0; every element's gradient is exactly zero


def make_gradients():
    """gradients[t][i], mostly of the sign that moves the parameter away from zero: relative errors mean something."""
    state = 20230119

    def random_bits():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return state >> 33

    gradients = np.zeros((STEPS, ELEMENTS))
    for t in range(STEPS):
        for i in range(ELEMENTS):
            away = -math.copysign(1.0, INITIAL[i])
            size = (64 + random_bits() % 448) / 256  # 0.25 to 2, exact in float32
            flip = -1.0 if random_bits() % 4 == 0 and t < 48 else 1.0  # not at the end: the last state must not cancel
            g = away * size
            if i == 2:
                g *= flip
            elif i == 3:
                g *= -1.0 if t % 2 else 1.0
            elif i == 4:
                g = 0.0
            elif i == 5:
                g *= 2.0**-20
            elif i == 6:
                g *= 2.0**-20 * flip
            elif i == 7 and t == 12:
                g = away * 1000.0
            elif i == 8 and t in (12, 26):
                g = away * (1000.0 if t == 12 else -1000.0)
            elif i == 9 and t % 5 == 2:
                g = away * 2.0**-20
            elif i == 10 and t < 20:
                g = 0.0
            elif i == 11:
                g = away
            elif i == 12 and t >= 24:
                g = 0.0
            elif i == 13 and t % 7 != 3:
                g = 0.0
            elif i == 14:
                g *= 64.0
            elif i == 15:
                g = away * 2.0 ** (t // 2 - 20)
            elif i == 16 and t == 0:
                g = away * 1000.0
            gradients[t, i] = 0.0 if t in ZERO_STEPS else g
    return gradients


RATES = make_rates()
GRADIENTS = make_gradients()

# -------- the rules, one element-wise step
#
# update(theta, g, rate, s, h) returns the new parameters. s is the state: m and v (arrays), t (1 in the first step),
# product1 and product2 (1 before the first step). h holds the hyperparameters. The caller chooses the type of number.


def root(x):
    return math.sqrt(x) if isinstance(x, float) else np.sqrt(x)


def playbook_sgd(theta, g, rate, s, h):
    return theta - rate * g


def playbook_momentum(theta, g, rate, s, h):
    s.v = h.momentum * s.v + g
    return theta - rate * s.v


def playbook_nesterov(theta, g, rate, s, h):
    s.v = h.momentum * s.v + g
    return theta - rate * (h.momentum * s.v + g)


def playbook_rmsprop(theta, g, rate, s, h):
    s.v = h.rho * s.v + (1 - h.rho) * g**2
    s.m = h.momentum * s.m + rate * g / root(s.v + h.epsilon)
    return theta - s.m


def playbook_b(s, h):
    s.product1 = s.product1 * h.beta1
    s.product2 = s.product2 * h.beta2
    return root(1 - s.product2) / (1 - s.product1)


def playbook_adam(theta, g, rate, s, h):
    s.m = h.beta1 * s.m + (1 - h.beta1) * g
    s.v = h.beta2 * s.v + (1 - h.beta2) * g**2
    return theta - rate * playbook_b(s, h) * s.m / (root(s.v) + h.epsilon)


def playbook_nadam(theta, g, rate, s, h):
    s.m = h.beta1 * s.m + (1 - h.beta1) * g
    s.v = h.beta2 * s.v + (1 - h.beta2) * g**2
    return theta - rate * playbook_b(s, h) * (h.beta1 * s.m + (1 - h.beta1) * g) / (root(s.v) + h.epsilon)


def playbook_nadam_with_hats(theta, g, rate, s, h):
    """playbook_nadam again: every moment corrected by itself, epsilon scaled to match. Only to check the other."""
    s.m = s.m + (1 - h.beta1) * (g - s.m)
    s.v = s.v + (1 - h.beta2) * (g * g - s.v)
    correction1, correction2 = 1 - h.beta1**s.t, 1 - h.beta2**s.t
    m_hat, g_hat, v_hat = s.m / correction1, g / correction1, s.v / correction2
    return theta - rate * (h.beta1 * m_hat + (1 - h.beta1) * g_hat) / (root(v_hat) + h.epsilon / root(correction2))


# PyTorch's documented algorithms. These only check what torch.optim computes.


def torch_rmsprop(theta, g, rate, s, h):
    s.v = h.rho * s.v + (1 - h.rho) * g**2
    scaled = g / (root(s.v) + h.epsilon)
    if h.momentum == 0:
        return theta - rate * scaled
    s.m = h.momentum * s.m + scaled
    return theta - rate * s.m


def torch_adam(theta, g, rate, s, h):
    s.m = h.beta1 * s.m + (1 - h.beta1) * g
    s.v = h.beta2 * s.v + (1 - h.beta2) * g**2
    m_hat = s.m / (1 - h.beta1**s.t)
    v_hat = s.v / (1 - h.beta2**s.t)
    return theta - rate * m_hat / (root(v_hat) + h.epsilon)


def torch_nadam(theta, g, rate, s, h):
    base, half = h.number(0.96), h.number(0.5)
    mu = h.beta1 * (1 - half * base ** (s.t * h.momentum_decay))
    mu_next = h.beta1 * (1 - half * base ** ((s.t + 1) * h.momentum_decay))
    s.product1 = s.product1 * mu
    s.m = h.beta1 * s.m + (1 - h.beta1) * g
    s.v = h.beta2 * s.v + (1 - h.beta2) * g**2
    m_hat = mu_next * s.m / (1 - s.product1 * mu_next) + (1 - mu) * g / (1 - s.product1)
    v_hat = s.v / (1 - h.beta2**s.t)
    return theta - rate * m_hat / (root(v_hat) + h.epsilon)


# Keras. Its velocity has the sign of the change; ours is subtracted, so s.v holds the negative of Keras's velocity.


def keras_sgd(theta, g, rate, s, h):
    velocity = h.momentum * -s.v - rate * g
    s.v = -velocity
    return theta + (h.momentum * velocity - rate * g if h.nesterov else velocity)


def keras_rmsprop(theta, g, rate, s, h):
    s.v = h.rho * s.v + (1 - h.rho) * g * g
    increment = (rate * g) / root(s.v + h.epsilon)
    if h.momentum == 0:
        return theta - increment
    s.m = h.momentum * s.m + increment
    return theta - s.m


def tf_keras_rmsprop(theta, g, rate, s, h):
    if h.momentum != 0:
        return keras_rmsprop(theta, g, rate, s, h)  # ApplyRMSProp
    s.v = h.rho * s.v + (1 - h.rho) * g * g
    return theta - rate * g / (root(s.v) + h.epsilon)


def keras_adam(theta, g, rate, s, h):
    s.product1, s.product2 = s.product1 * h.beta1, s.product2 * h.beta2
    alpha = rate * root(1 - s.product2) / (1 - s.product1)
    s.m = s.m + (g - s.m) * (1 - h.beta1)
    s.v = s.v + (g * g - s.v) * (1 - h.beta2)
    return theta - (s.m * alpha) / (root(s.v) + h.epsilon)


def keras_nadam(theta, g, rate, s, h):
    """Keras 3 has momentum_decay 1; tf.keras calls it schedule_decay and has 0.004."""
    decay = h.number(0.96)
    u = h.beta1 * (1 - decay ** (h.momentum_decay * s.t) / 2)
    u_next = h.beta1 * (1 - decay ** (h.momentum_decay * (s.t + 1)) / 2)
    s.product1, s.product2 = s.product1 * u, s.product2 * h.beta2
    s.m = s.m + (g - s.m) * (1 - h.beta1)
    s.v = s.v + (g * g - s.v) * (1 - h.beta2)
    m_bar = (1 - u) * (g / (1 - s.product1)) + u_next * (s.m / (1 - s.product1 * u_next))
    return theta - rate * m_bar / (root(s.v / (1 - s.product2)) + h.epsilon)


# optax: a chain of transformations of the update, which is added to the parameters at the end.


def optax_trace(update, decay, trace, nesterov):
    trace = update + decay * trace
    return (update + decay * trace if nesterov else trace), trace


def optax_sgd(theta, g, rate, s, h):
    update, s.v = optax_trace(g, h.momentum, s.v, h.nesterov)
    return theta + -rate * update


def optax_rmsprop(theta, g, rate, s, h):
    """The learning rate comes before the trace, whose sign is turned here: s.m is subtracted."""
    s.v = (1 - h.rho) * g**2 + h.rho * s.v
    scaling = 1 / root(s.v + h.epsilon) if h.epsilon_placement == "inside_root" else 1 / (root(s.v) + h.epsilon)
    update = -rate * (scaling * g)
    if h.momentum == 0:
        return theta + update
    update, trace = optax_trace(update, h.momentum, -s.m, False)
    s.m = -trace
    return theta + update


def optax_scale_by_adam(g, s, h):
    s.m = (1 - h.beta1) * g + h.beta1 * s.m
    s.v = (1 - h.beta2) * g**2 + h.beta2 * s.v
    s.product1, s.product2 = s.product1 * h.beta1, s.product2 * h.beta2
    mu_hat = s.m / (1 - s.product1)
    if h.nesterov:
        mu_hat = h.beta1 * (s.m / (1 - s.product1 * h.beta1)) + (1 - h.beta1) * (g / (1 - s.product1))
    return mu_hat / (root(s.v / (1 - s.product2)) + h.epsilon)


def optax_adam(theta, g, rate, s, h):
    return theta + -rate * optax_scale_by_adam(g, s, h)


def optax_adamw(theta, g, rate, s, h):
    return theta + -rate * (optax_scale_by_adam(g, s, h) + h.weight_decay * theta)


# -------- running


def decay_weights(theta, g, rate, h):
    """Coupled: added to the gradient (L2). Decoupled: parameters shrink by rate times weight decay before the rule."""
    if h.coupled:
        return theta, g + h.weight_decay * theta
    return theta - rate * h.weight_decay * theta, g


def run(update, case, dtype=object, rates=RATES):
    """The path [steps + 1][elements] and the last m and v, computed in decimals (dtype object), float64 or float32."""
    number = Decimal if dtype is object else float
    convert = np.vectorize(number, otypes=[dtype])
    h = SimpleNamespace(**{k: number(x) if isinstance(x, float) else x for k, x in vars(case).items()}, number=number)
    s = SimpleNamespace(t=0, product1=number(1), product2=number(1))
    s.m, s.v = convert(np.zeros(ELEMENTS)), convert(np.full(ELEMENTS, case.initial_v))
    path = [convert(np.array(INITIAL))]
    for t in range(STEPS):
        s.t = t + 1
        theta, g, rate = path[-1], convert(GRADIENTS[t]), number(rates[t])
        if case.weight_decay and update is not optax_adamw:  # which decays by itself
            theta, g = decay_weights(theta, g, rate, h)
        path.append(update(theta, g, rate, s, h))
        assert path[-1].dtype == dtype
    return SimpleNamespace(path=np.array(path).astype(float), m=s.m.astype(float), v=s.v.astype(float))


def torch_optimizer(parameter, c):
    common = dict(params=[parameter], lr=1.0, weight_decay=c.weight_decay)
    if c.rule == "rmsprop":
        return torch.optim.RMSprop(**common, alpha=c.rho, eps=c.epsilon, momentum=c.momentum)
    if c.rule == "adam":
        adam = torch.optim.AdamW if c.weight_decay and not c.coupled else torch.optim.Adam
        return adam(**common, betas=(c.beta1, c.beta2), eps=c.epsilon)
    if c.rule == "nadam":
        momentum_decay = dict(momentum_decay=c.momentum_decay, foreach=True)
        return torch.optim.NAdam(**common, betas=(c.beta1, c.beta2), eps=c.epsilon, **momentum_decay)
    return torch.optim.SGD(**common, momentum=c.momentum, nesterov=c.rule == "nesterov")


def run_torch(case, epsilon_of_step=None, rates=RATES):
    """As run(), by torch.optim in float64."""
    parameter = torch.tensor(INITIAL, requires_grad=True)
    optimizer = torch_optimizer(parameter, case)
    path = [parameter.detach().numpy().copy()]
    for t in range(STEPS):
        parameter.grad = torch.from_numpy(GRADIENTS[t].copy())
        optimizer.param_groups[0]["lr"] = rates[t]
        if epsilon_of_step:
            optimizer.param_groups[0]["eps"] = epsilon_of_step(t)
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    names = dict(sgd=("", ""), rmsprop=("momentum_buffer", "square_avg"), momentum=("", "momentum_buffer"))
    names["nesterov"], names["adam"] = names["momentum"], ("exp_avg", "exp_avg_sq")
    names["nadam"] = names["adam"]
    m, v = (optimizer.state[parameter].get(name, torch.zeros(ELEMENTS)).numpy().copy() for name in names[case.rule])
    return SimpleNamespace(path=np.array(path), m=m, v=v)


# -------- cases

OPTIONS = dict(
    momentum=0.0,
    rho=0.0,
    beta1=0.0,
    beta2=0.0,
    epsilon=0.0,
    epsilon_placement="none",
    initial_v=0.0,
    rate_inside_momentum=False,
    nesterov_form="none",
    momentum_decay=0.0,
    weight_decay=0.0,
    coupled=False,
)
CASES = []


def add(name, update, comment, *options, **more):
    """Appends the case; options and more are merged in this order, the later one wins."""
    merged = dict(OPTIONS, nesterov=False)
    for each in (*options, more):
        merged.update(each)
    case = SimpleNamespace(name=name, update=update, comment=comment, **merged)
    case.convention = name.split("_")[0]
    case.has_v = case.rule != "sgd"
    buffered = case.momentum != 0 or case.convention == "playbook"  # others keep no m where RMSProp's momentum is 0
    case.has_m = case.rule in ("adam", "nadam") or (case.rule == "rmsprop" and buffered)
    case.golden = run_torch(case) if case.convention == "torch" else run(update, case)
    CASES.append(case)


SGD = dict(rule="sgd")
MOMENTUM = dict(rule="momentum", momentum=0.9)
NESTEROV = dict(rule="nesterov", momentum=0.9, nesterov=True)
RMSPROP = dict(rule="rmsprop", rho=0.9)
RMSPROP_OTHER = dict(rule="rmsprop", rho=0.99, momentum=0.5, epsilon=1e-2)
ADAM = dict(rule="adam", beta1=0.9, beta2=0.999)
ADAM_OTHER = dict(rule="adam", beta1=0.5, beta2=0.9, epsilon=1e-2)
NADAM = {**ADAM, "rule": "nadam", "nesterov": True}
NADAM_OTHER = {**ADAM_OTHER, "rule": "nadam", "nesterov": True}
INSIDE_MOMENTUM = dict(rate_inside_momentum=True)
DECOUPLED = dict(weight_decay=0.1, coupled=False)
COUPLED = dict(weight_decay=0.1, coupled=True)


def add_playbook():
    inside = dict(epsilon=1e-8, epsilon_placement="inside_root", initial_v=1.0, rate_inside_momentum=True)
    hat = dict(epsilon=1e-8, epsilon_placement="uncorrected")
    form = dict(nesterov_form="playbook")
    add("playbook_sgd", playbook_sgd, "SGD", SGD)
    add("playbook_momentum", playbook_momentum, "Momentum", MOMENTUM)
    add("playbook_momentum_other", playbook_momentum, "Momentum", MOMENTUM, momentum=0.5)
    add("playbook_nesterov", playbook_nesterov, "Nesterov", NESTEROV)
    add("playbook_nesterov_other", playbook_nesterov, "Nesterov", NESTEROV, momentum=0.5)
    add("playbook_rmsprop", playbook_rmsprop, "RMSProp without momentum: m is the last change", RMSPROP, inside)
    add("playbook_rmsprop_momentum", playbook_rmsprop, "RMSProp with momentum", RMSPROP, inside, momentum=0.9)
    add("playbook_rmsprop_other", playbook_rmsprop, "RMSProp", inside, RMSPROP_OTHER)
    add("playbook_adam", playbook_adam, "Adam", ADAM, hat)
    add("playbook_adam_other", playbook_adam, "Adam", hat, ADAM_OTHER)
    add("playbook_nadam", playbook_nadam, "NAdam", NADAM, hat, form)
    add("playbook_nadam_other", playbook_nadam, "NAdam", hat, NADAM_OTHER, form)
    for kind, decay in (("decoupled", DECOUPLED), ("coupled", COUPLED)):
        add(f"playbook_sgd_{kind}", playbook_sgd, f"SGD, {kind} weight decay", SGD, decay)
        add(f"playbook_momentum_{kind}", playbook_momentum, f"Momentum, {kind} weight decay", MOMENTUM, decay)
        add(f"playbook_nesterov_{kind}", playbook_nesterov, f"Nesterov, {kind} weight decay", NESTEROV, decay)
        add(f"playbook_rmsprop_{kind}", playbook_rmsprop, f"RMSProp, {kind} weight decay", RMSPROP, inside, decay)
        add(f"playbook_adam_{kind}", playbook_adam, f"Adam, {kind} weight decay", ADAM, hat, decay)
        add(f"playbook_nadam_{kind}", playbook_nadam, f"NAdam, {kind} weight decay", NADAM, hat, form, decay)


def add_torch():
    outside = dict(epsilon=1e-8, epsilon_placement="outside_root")
    after = dict(epsilon=1e-8, epsilon_placement="after_bias_correction")
    form = dict(nesterov_form="momentum_schedule", momentum_decay=0.004)

    def add_one(name, update, call, *options, **more):
        add("torch_" + name, update, "torch.optim." + call, *options, **more)

    add_one("sgd", playbook_sgd, "SGD()", SGD)
    add_one("sgd_coupled", playbook_sgd, "SGD(weight_decay=0.1)", SGD, COUPLED)
    add_one("momentum", playbook_momentum, "SGD(momentum=0.9)", MOMENTUM)
    add_one("momentum_coupled", playbook_momentum, "SGD(momentum=0.9, weight_decay=0.1)", MOMENTUM, COUPLED)
    add_one("nesterov", playbook_nesterov, "SGD(momentum=0.9, nesterov=True)", NESTEROV)
    call = "SGD(momentum=0.9, nesterov=True, weight_decay=0.1)"
    add_one("nesterov_coupled", playbook_nesterov, call, NESTEROV, COUPLED)
    add_one("rmsprop", torch_rmsprop, "RMSprop(alpha=0.9)", RMSPROP, outside)
    add_one("rmsprop_momentum", torch_rmsprop, "RMSprop(alpha=0.9, momentum=0.9)", RMSPROP, outside, momentum=0.9)
    add_one("rmsprop_other", torch_rmsprop, "RMSprop(alpha=0.99, momentum=0.5, eps=1e-2)", outside, RMSPROP_OTHER)
    add_one("rmsprop_coupled", torch_rmsprop, "RMSprop(alpha=0.9, weight_decay=0.1)", RMSPROP, outside, COUPLED)
    add_one("adam", torch_adam, "Adam()", ADAM, after)
    add_one("adam_other", torch_adam, "Adam(betas=(0.5, 0.9), eps=1e-2)", after, ADAM_OTHER)
    add_one("adam_coupled", torch_adam, "Adam(eps=1e-2, weight_decay=0.1)", ADAM, after, COUPLED, epsilon=1e-2)
    add_one("adamw", torch_adam, "AdamW(weight_decay=0.1)", ADAM, after, DECOUPLED)
    call = "AdamW(betas=(0.5, 0.9), eps=1e-2, weight_decay=0.1)"
    add_one("adamw_other", torch_adam, call, after, ADAM_OTHER, DECOUPLED)
    add_one("nadam", torch_nadam, "NAdam(momentum_decay=0.004)", NADAM, after, form)
    call = "NAdam(betas=(0.5, 0.9), eps=1e-2, momentum_decay=0.25)"
    add_one("nadam_other", torch_nadam, call, after, NADAM_OTHER, form, momentum_decay=0.25)
    call = "NAdam(eps=1e-2, weight_decay=0.1, momentum_decay=0.004)"
    add_one("nadam_coupled", torch_nadam, call, NADAM, after, form, COUPLED, epsilon=1e-2)


def add_keras():
    inside = dict(epsilon=1e-7, epsilon_placement="inside_root", rate_inside_momentum=True)
    hat = dict(epsilon=1e-7, epsilon_placement="uncorrected")
    form = dict(epsilon=1e-7, epsilon_placement="after_bias_correction", nesterov_form="momentum_schedule")

    def add_one(name, update, call, *options, **more):
        add("keras_" + name, update, "keras.optimizers." + call, *options, **more)

    add_one("momentum", keras_sgd, "SGD(momentum=0.9)", MOMENTUM, INSIDE_MOMENTUM)
    add_one("momentum_other", keras_sgd, "SGD(momentum=0.5)", MOMENTUM, INSIDE_MOMENTUM, momentum=0.5)
    add_one("nesterov", keras_sgd, "SGD(momentum=0.9, nesterov=True)", NESTEROV, INSIDE_MOMENTUM)
    add_one("nesterov_other", keras_sgd, "SGD(momentum=0.5, nesterov=True)", NESTEROV, INSIDE_MOMENTUM, momentum=0.5)
    add_one("rmsprop", keras_rmsprop, "RMSprop()", RMSPROP, inside)
    add_one("rmsprop_momentum", keras_rmsprop, "RMSprop(momentum=0.9)", RMSPROP, inside, momentum=0.9)
    add_one("rmsprop_other", keras_rmsprop, "RMSprop(rho=0.99, momentum=0.5, epsilon=1e-2)", inside, RMSPROP_OTHER)
    add_one("adam", keras_adam, "Adam()", ADAM, hat)
    add_one("adam_other", keras_adam, "Adam(beta_1=0.5, beta_2=0.9, epsilon=1e-2)", hat, ADAM_OTHER)
    add_one("adamw", keras_adam, "AdamW(weight_decay=0.1)", ADAM, hat, DECOUPLED)
    add_one("nadam", keras_nadam, "Nadam()", NADAM, form, momentum_decay=1.0)
    call = "Nadam(beta_1=0.5, beta_2=0.9, epsilon=1e-2)"
    add_one("nadam_other", keras_nadam, call, form, NADAM_OTHER, momentum_decay=1.0)
    call = "tf.keras.optimizers.legacy.RMSprop(): epsilon outside the root, unlike Keras 3"
    add("tf_keras_rmsprop", tf_keras_rmsprop, call, RMSPROP, inside, epsilon_placement="outside_root")
    call = "tf.keras.optimizers.legacy.Nadam(): schedule_decay is 0.004, unlike Keras 3"
    add("tf_keras_nadam", keras_nadam, call, NADAM, form, momentum_decay=0.004)


def add_optax():
    inside = dict(epsilon=1e-8, epsilon_placement="inside_root", rate_inside_momentum=True)
    outside = {**inside, "epsilon_placement": "outside_root"}
    after = dict(epsilon=1e-8, epsilon_placement="after_bias_correction")
    form = dict(nesterov_form="next_step_correction")

    def add_one(name, update, call, *options, **more):
        add("optax_" + name, update, "optax." + call, *options, **more)

    add_one("momentum", optax_sgd, "sgd(momentum=0.9)", MOMENTUM)
    add_one("nesterov", optax_sgd, "sgd(momentum=0.9, nesterov=True)", NESTEROV)
    add_one("rmsprop", optax_rmsprop, "rmsprop(): eps_in_sqrt is True, initial_scale 0", RMSPROP, inside)
    add_one("rmsprop_momentum", optax_rmsprop, "rmsprop(momentum=0.9)", RMSPROP, inside, momentum=0.9)
    call = "rmsprop(momentum=0.9, eps_in_sqrt=False)"
    add_one("rmsprop_outside", optax_rmsprop, call, RMSPROP, outside, momentum=0.9)
    call = "rmsprop(decay=0.99, momentum=0.5, eps=1e-2, eps_in_sqrt=False, initial_scale=1)"
    add_one("rmsprop_outside_other", optax_rmsprop, call, outside, RMSPROP_OTHER, initial_v=1.0)
    call = "rmsprop(momentum=0.9, initial_scale=1): the playbook's"
    add_one("rmsprop_scale_one", optax_rmsprop, call, RMSPROP, inside, momentum=0.9, initial_v=1.0)
    add_one("adam", optax_adam, "adam()", ADAM, after)
    add_one("adam_other", optax_adam, "adam(b1=0.5, b2=0.9, eps=1e-2)", after, ADAM_OTHER)
    add_one("adamw", optax_adamw, "adamw(weight_decay=0.1)", ADAM, after, DECOUPLED)
    add_one("nadam", optax_adam, "nadam()", NADAM, after, form)
    add_one("nadam_other", optax_adam, "nadam(b1=0.5, b2=0.9, eps=1e-2)", after, NADAM_OTHER, form)
    add_one("nadamw", optax_adamw, "nadamw(weight_decay=0.1)", NADAM, after, form, DECOUPLED)


# -------- checks

AGREE = 1e-13  # the tolerance that a test will use in float64
DIFFER = 1e-5  # twice the tolerance that a test will use in float32


def relative_error(got, wanted):
    """The largest over all elements; 0 against 0 is no error."""
    difference = np.abs(got - wanted)
    return float(np.max(np.where(difference == 0, 0, difference / np.where(wanted == 0, 1e-300, np.abs(wanted)))))


def worst(got, wanted):
    """Over every parameter after every step and the last state."""
    return max(relative_error(getattr(got, field), getattr(wanted, field)) for field in ("path", "m", "v"))


def check_input():
    assert all(float(np.float32(x)) == x for x in INITIAL) and np.array_equal(GRADIENTS, GRADIENTS.astype(np.float32))
    assert len(RATES) == STEPS and len(INITIAL) == len(ELEMENT_KINDS) == ELEMENTS
    assert 0.0 in RATES and len(set(RATES)) > 40
    assert np.any(np.abs(GRADIENTS) == 1000) and np.any(np.abs(GRADIENTS) == 2.0**-20)
    assert all(not GRADIENTS[t].any() for t in ZERO_STEPS) and not GRADIENTS[:, 4].any()


def check_agreements():
    """Independent ways to one number agree in every parameter after every step and in the state. Returns errors."""
    results = {}
    cases = {c.name: c for c in CASES}
    assert len(cases) == len(CASES)

    def agree(what, got, case):
        results[f"{case.name}: {what}"] = error = worst(got, case.golden)
        assert error <= AGREE, f"{case.name}: {what}: relative error {error:.3g}"

    for c in CASES:
        if c.convention == "torch":
            agree("torch.optim and its documentation", run(c.update, c), c)
        if c.name.startswith("playbook_adam"):
            epsilon_of_step = lambda t: c.epsilon / math.sqrt(1 - c.beta2 ** (t + 1))
            agree("PyTorch with epsilon / sqrt(1 - beta2^(t+1)) in step t", run_torch(c, epsilon_of_step), c)
            agree("Keras", run(keras_adam, c), c)
        if c.name.startswith("playbook_nadam"):
            agree("every moment corrected by itself", run(playbook_nadam_with_hats, c), c)
        if c.nesterov_form == "momentum_schedule" and c.convention != "torch":
            agree("PyTorch", run_torch(c), c)
        if c.nesterov_form == "next_step_correction" and not c.weight_decay:
            no_schedule = SimpleNamespace(**{**vars(c), "momentum_decay": 1e6})  # 0.96^(1e6 t) is 0
            agree("PyTorch without a schedule", run_torch(no_schedule), c)
    agree("PyTorch", run_torch(cases["tf_keras_rmsprop"]), cases["tf_keras_rmsprop"])

    # With a constant rate it does not matter whether the rate is inside the momentum: then the parameters agree.
    pairs = dict(keras_momentum="torch_momentum", keras_nesterov="torch_nesterov")
    pairs["optax_rmsprop_outside"] = "torch_rmsprop_momentum"
    for inside, outside in pairs.items():
        inside, rates = cases[inside], [0.01] * STEPS
        by_torch = run_torch(cases[outside], rates=rates)
        error = relative_error(run(inside.update, inside, rates=rates).path, by_torch.path)
        results[f"{inside.name}: {outside} at a constant rate"] = error
        assert error <= AGREE, (inside.name, error)
    return results


def check_options():
    """The options of a case say all: equal options give equal numbers, other options give clearly other numbers."""

    def meaning(c):
        options = {field: getattr(c, field) for field in OPTIONS}
        if c.rule == "sgd" or not c.weight_decay:
            del options["coupled"]
        if c.momentum == 0:
            del options["rate_inside_momentum"]
        return options

    records = list(RECORDED_STEPS)
    for k, a in enumerate(CASES):
        for b in (b for b in CASES[:k] if b.rule == a.rule):
            error = relative_error(a.golden.path[records], b.golden.path[records])
            same = meaning(a) == meaning(b)
            assert error <= AGREE if same else error >= DIFFER, f"{a.name} and {b.name}: same {same}, apart {error:.3g}"


def check_conditioning():
    """A test of relative errors is only fair if plain float64 and float32 arithmetic stay well inside its tolerance."""
    rows = []
    for c in CASES:
        in_double, in_float = (worst(run(c.update, c, np.dtype(t)), c.golden) for t in ("float64", "float32"))
        size = np.abs(c.golden.path)
        nearest = np.min(size / np.maximum.accumulate(size, axis=0))
        rows.append(f"float64 {in_double:8.1e}  float32 {in_float:8.1e}  nearest to zero {nearest:4.2f}  {c.name}")
        assert in_double <= 1e-14 and in_float <= 3e-6 and nearest >= 0.3, rows[-1]
    return rows


# -------- header

PREAMBLE = '''// Made by rule_oracle.py, which says where every number comes from. Do not edit; run the script again.
#pragma once

// clang-format off

/// Reference trajectories of the update rules: one input, and what each convention makes of it.
///
/// A test loops over `cases`, sets the options from the fields, takes `steps` steps with gradients[t] and rates[t]
/// (t from 0) from `initial`, and compares with parameter[r] after recorded_steps[r] steps and with m and v after the
/// last. Comparing element by element is fair: in every case plain float64 arithmetic errs by at most 1e-14 and plain
/// float32 arithmetic (scalars of a step computed in double and rounded once) by at most 3e-6, relative to each
/// parameter and each state; the script checks it. Two cases of one rule with different options are at least 1e-5
/// apart in some recorded parameter. Initial values and gradients are exact in float.
namespace golden {

inline constexpr int elements = %(elements)d;
inline constexpr int steps = %(steps)d;
inline constexpr int records = %(records)d;
inline constexpr int recorded_steps[records] = {%(recorded)s};  ///< numbers of steps taken

/// Where epsilon stands in the denominator, t counted from 0.
enum class EpsilonPlacement {
  none,                   ///< the rule has no epsilon
  inside_root,            ///< RMSProp: sqrt(v + epsilon)
  outside_root,           ///< RMSProp: sqrt(v) + epsilon
  uncorrected,            ///< Adam, NAdam: (sqrt(v) + epsilon) / sqrt(1 - beta2^(t+1)), known as "epsilon hat"
  after_bias_correction,  ///< Adam, NAdam: sqrt(v / (1 - beta2^(t+1))) + epsilon
};

/// NAdam's numerator, t counted from 0.
enum class NesterovForm {
  none,                  ///< not NAdam
  playbook,              ///< (beta1 m + (1 - beta1) g) / (1 - beta1^(t+1))
  momentum_schedule,     ///< PyTorch, Keras: mu_(t+1) m / (1 - mu_0 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_0 ... mu_t)
                         ///< where mu_t = beta1 (1 - 0.96^((t+1) momentum_decay) / 2); m itself decays with beta1
  next_step_correction,  ///< optax: beta1 m / (1 - beta1^(t+2)) + (1 - beta1) g / (1 - beta1^(t+1)), which is
                         ///< momentum_schedule with an infinite momentum_decay
};

/// One convention with its hyperparameters, and what comes out. A hyperparameter that the rule does not have is 0.
struct Case {
  const char* name;     ///< convention_rule_variant; unique
  const char* rule;     ///< "sgd", "momentum", "nesterov", "rmsprop", "adam" or "nadam"
  double momentum = 0;  ///< Momentum, Nesterov, RMSProp: gamma
  double rho = 0;       ///< RMSProp: decay of v
  double beta1 = 0;     ///< Adam, NAdam: decay of m
  double beta2 = 0;     ///< Adam, NAdam: decay of v
  double epsilon = 0;
  EpsilonPlacement epsilon_placement = EpsilonPlacement::none;
  double initial_v = 0;  ///< v of every element before the first step; m starts at 0
  /// Momentum, Nesterov, RMSProp with momentum. True: the buffer sums rate * x (x is g, RMSProp's is g / root) and
  /// theta moves by the buffer (Nesterov: by gamma v + rate g). False: the buffer sums x and theta moves by the rate of
  /// the step times it. As the rate changes, these differ; without momentum they do not.
  bool rate_inside_momentum = false;
  NesterovForm nesterov_form = NesterovForm::none;
  double momentum_decay = 0;  ///< of NesterovForm::momentum_schedule
  double weight_decay = 0;    ///< lambda
  bool coupled = false;       ///< true: g + lambda theta takes the place of g (L2). False: theta is first multiplied by
                              ///< 1 - rate lambda (decoupled, AdamW). Without meaning where weight_decay is 0
  bool has_m = false;         ///< m is stated: Adam, NAdam, and RMSProp if its convention keeps a momentum buffer
  bool has_v = false;         ///< v is stated: all but SGD
  double parameter[records][elements];  ///< parameter[r][i]: theta_i after recorded_steps[r] steps
  double m[elements] = {};  ///< after the last step. RMSProp: the momentum buffer, which is subtracted. Adam, NAdam:
                            ///< the decaying mean of g, not bias-corrected
  double v[elements] = {};  ///< after the last step. Momentum, Nesterov: the velocity, which is subtracted (Keras keeps
                            ///< its negative). RMSProp, Adam, NAdam: the decaying mean of g^2, not bias-corrected
};
'''


def literal(x):
    return repr(float(x) + 0.0)  # + 0.0 turns -0.0 into 0.0


def wrapped(values, indent):
    """{a, b, ...} in lines of at most 120 columns."""
    lines, line = [], indent + "{"
    for k, x in enumerate(values):
        token = literal(x) + ("}" if k + 1 == len(values) else ",")
        if len(line) + len(token) > 117:  # room for the braces that close the table around it
            lines.append(line.rstrip())
            line = indent + " "
        line += token + " "
    return "\n".join(lines + [line.rstrip()])


def table(rows, indent):
    return ",\n".join(wrapped(row, indent) for row in rows)


def case_text(c):
    fields = [f'.name = "{c.name}"', f'.rule = "{c.rule}"']
    for f in ("momentum", "rho", "beta1", "beta2", "epsilon"):
        fields += [f".{f} = {literal(getattr(c, f))}"] if getattr(c, f) else []
    fields += [f".epsilon_placement = EpsilonPlacement::{c.epsilon_placement}"] if c.epsilon_placement != "none" else []
    fields += [".initial_v = 1.0"] if c.initial_v else []
    fields += [".rate_inside_momentum = true"] if c.rate_inside_momentum else []
    fields += [f".nesterov_form = NesterovForm::{c.nesterov_form}"] if c.nesterov_form != "none" else []
    fields += [f".momentum_decay = {literal(c.momentum_decay)}"] if c.momentum_decay else []
    if c.weight_decay:
        fields += [f".weight_decay = {literal(c.weight_decay)}", f".coupled = {'true' if c.coupled else 'false'}"]
    fields += [".has_m = true"] if c.has_m else []
    fields += [".has_v = true"] if c.has_v else []
    lines, line = [], "  {"
    for f in fields:
        if len(line) + len(f) + 1 > 120:
            lines.append(line.rstrip())
            line = "   "
        line += f + ", "
    text = f"  // {c.comment}\n" + "\n".join(lines + [line.rstrip()])
    text += "\n   .parameter = {\n" + table(c.golden.path[list(RECORDED_STEPS)], "    ") + "}"
    for slot in ("m", "v"):
        if getattr(c, f"has_{slot}"):
            text += f",\n   .{slot} =\n" + wrapped(getattr(c.golden, slot), "    ")
    return text + "}"


def header_text():
    recorded = ", ".join(map(str, RECORDED_STEPS))
    text = PREAMBLE % dict(elements=ELEMENTS, steps=STEPS, records=len(RECORDED_STEPS), recorded=recorded)
    text += "\n/// Parameters before the first step.\n"
    text += "inline constexpr double initial[elements] =\n" + wrapped(INITIAL, "    ") + ";\n"
    text += "\n/// Learning rate of step t: warmup, decay, a step at exactly zero, a restart, a drop, decay.\n"
    text += "inline constexpr double rates[steps] =\n" + wrapped(RATES, "    ") + ";\n"
    zero_steps = ", ".join(str(t + 1) for t in ZERO_STEPS)
    text += "\n/// gradients[t][i]: of element i in step t (from 0). By element, where the first step is step 1:\n"
    for i, kind in enumerate(ELEMENT_KINDS):
        text += f"///   {i:2d}  {kind}\n"
    text += f"/// In steps {zero_steps} the gradients of all elements are exactly zero.\n"
    text += "inline constexpr double gradients[steps][elements] = {\n" + table(GRADIENTS, "    ") + "};\n"
    text += "\ninline constexpr Case cases[] = {\n" + ",\n".join(case_text(c) for c in CASES) + "};\n"
    return text + "\n}  // namespace golden\n\n// clang-format on\n"


def main(arguments):
    if any(a not in ("--check", "--report") for a in arguments):
        sys.exit(__doc__)
    check_input()
    for add_cases in (add_playbook, add_torch, add_keras, add_optax):
        add_cases()
    agreements, conditioning = check_agreements(), check_conditioning()
    check_options()
    if "--report" in arguments:
        print(*(f"{error:8.1e}  {what}" for what, error in agreements.items()), *conditioning, sep="\n")
    text = header_text()
    if "--check" not in arguments:
        HEADER.write_text(text)
    elif HEADER.read_text() != text:
        sys.exit(f"{HEADER} is not what this script writes")
    print(f"{len(CASES)} cases, {len(agreements)} agreements, the worst to {max(agreements.values()):.1e}")


if __name__ == "__main__":
    main(sys.argv[1:])
