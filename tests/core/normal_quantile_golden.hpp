// Written by normal_quantile_oracle.py.
// clang-format off
#pragma once

#include <array>

namespace eigentune::golden {

/// P(X <= quantile) = p for a standard normal X, correctly rounded.
struct NormalQuantile {
  double p, quantile;
};
inline constexpr std::array normal_quantiles = {
    NormalQuantile{0x0.0000000000001p-1022, -0x1.33bd3f27fcd03p+5},
    NormalQuantile{0x1.0000000000000p-1022, -0x1.2c27b05bf1a0bp+5},
    NormalQuantile{0x1.56e1fc2f8f359p-997, -0x1.286074064c26ep+5},
    NormalQuantile{0x1.bff2ee48e0530p-333, -0x1.546010d755221p+4},
    NormalQuantile{0x1.4484bfeebc2a0p-100, -0x1.6ed94a4dacdc8p+3},
    NormalQuantile{0x1.0000000000000p-65, -0x1.24f82aa55eb14p+3},
    NormalQuantile{0x1.2725dd1d243acp-60, -0x1.183bb8f833165p+3},
    NormalQuantile{0x1.203af9ee75616p-50, -0x1.fc3f007789669p+2},
    NormalQuantile{0x1.e8a37a3dc9831p-37, -0x1.aa1b1c1416bbbp+2},
    NormalQuantile{0x1.e8a37a4e2ee2cp-37, -0x1.aa1b1c13c5e91p+2},
    NormalQuantile{0x1.5798ee2308c3ap-27, -0x1.672b074435e3dp+2},
    NormalQuantile{0x1.4f8b588e368f1p-17, -0x1.10f3f8843a3d9p+2},
    NormalQuantile{0x1.0624dd2f1a9fcp-10, -0x1.8b8cbb7204471p+1},
    NormalQuantile{0x1.47ae147ae147bp-7, -0x1.29c5c4630ff0fp+1},
    NormalQuantile{0x1.999999999999ap-5, -0x1.a515209676abdp+0},
    NormalQuantile{0x1.3333185b40987p-4, -0x1.70852e475e819p+0},
    NormalQuantile{0x1.33334e0b25cdfp-4, -0x1.708516931eed3p+0},
    NormalQuantile{0x1.999999999999ap-4, -0x1.4813c36e26d32p+0},
    NormalQuantile{0x1.999999999999ap-3, -0x1.aee8fa73a1333p-1},
    NormalQuantile{0x1.0000000000000p-2, -0x1.5956b87528a49p-1},
    NormalQuantile{0x1.3333333333333p-2, -0x1.0c7e39582c5fbp-1},
    NormalQuantile{0x1.999999999999ap-2, -0x1.036d6c4a04b59p-2},
    NormalQuantile{0x1.f5c28f5c28f5cp-2, -0x1.9aba9f4786911p-6},
    NormalQuantile{0x1.ffffbce4217d3p-2, -0x1.506f1779a5abdp-19},
    NormalQuantile{0x1.fffffffffc000p-2, -0x1.40d931ff62706p-39},
    NormalQuantile{0x1.fffffffffffffp-2, -0x1.40d931ff62706p-53},
    NormalQuantile{0x1.0000000000001p-1, 0x1.40d931ff62706p-52},
    NormalQuantile{0x1.0000000002000p-1, 0x1.40d931ff62706p-39},
    NormalQuantile{0x1.3333333333333p-1, 0x1.036d6c4a04b59p-2},
    NormalQuantile{0x1.8000000000000p-1, 0x1.5956b87528a49p-1},
    NormalQuantile{0x1.ccccccccccccdp-1, 0x1.4813c36e26d33p+0},
    NormalQuantile{0x1.d99999999999ap-1, 0x1.7085226d3e525p+0},
    NormalQuantile{0x1.e666666666666p-1, 0x1.a515209676abbp+0},
    NormalQuantile{0x1.f333333333333p-1, 0x1.f5c0331eeff83p+0},
    NormalQuantile{0x1.fae147ae147aep-1, 0x1.29c5c4630ff0ep+1},
    NormalQuantile{0x1.fd70a3d70a3d7p-1, 0x1.49b4c64d69160p+1},
    NormalQuantile{0x1.ff7ced916872bp-1, 0x1.8b8cbb7204470p+1},
    NormalQuantile{0x1.ffffffaa19c47p-1, 0x1.672b074346f16p+2},
    NormalQuantile{0x1.fffffffffe000p-1, 0x1.c30d8560989abp+2},
    NormalQuantile{0x1.fffffffffffffp-1, 0x1.06b48528cea52p+3},
};

}  // namespace eigentune::golden
