#pragma once

#include <vector>

/// The parameters after some steps of every rule, computed in the other unit.
std::vector<float> trained_in_other_unit();
