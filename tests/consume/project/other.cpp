#include <eigentune/eigentune.hpp>

bool step_elsewhere(eigentune::AnyOptimizer<float>& optimizer) { return optimizer.step({.learning_rate = 0.1}).applied; }
