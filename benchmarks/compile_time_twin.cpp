// What compile_time.cpp is compared with: the parts of Eigen that a program of this kind includes anyway, and no code.

#include <Eigen/Dense>
#include <unsupported/Eigen/CXX11/Tensor>
