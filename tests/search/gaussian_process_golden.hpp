// Written by gaussian_process_oracle.py.
// clang-format off
#pragma once

#include <vector>

namespace eigentune::golden {

/// ln Phi, its slope, ln h, its slope: see normal_distribution.hpp.
struct Normal {
  double z, log_cdf, log_cdf_slope, log_excess, log_excess_slope;
};
inline const std::vector<Normal> normal = {
    {-0x1.e000000000000p+4, -0x1.c6523d0b3e882p+8, 0x1.e0883b49fe74ap+4, -0x1.c9b982e8aab12p+8, 0x1.e11029d7b1294p+4},
    {-0x1.9000000000000p+3, -0x1.464dca8581912p+6, 0x1.92873a539256bp+3, -0x1.5074ec58ba089p+6, 0x1.95069d969a45ep+3},
    {-0x1.8000000000000p+2, -0x1.4bc9ce3d0d981p+4, 0x1.8a249438e040cp+2, -0x1.694317099b298p+4, 0x1.93d46e64f9d44p+2},
    {-0x1.c000000000000p+1, -0x1.0bb6ce97f1379p+3, 0x1.e02d96c6882dbp+1, -0x1.37e5de2a10dc1p+3, 0x1.fd2a9d04832abp+1},
    {-0x1.800000d6bf94dp+1, -0x1.a6e4fde618e16p+2, 0x1.a43c946bd46dep+1, -0x1.f7a8f1333a35fp+2, 0x1.c423a37f61687p+1},
    {-0x1.8000000000000p+1, -0x1.a6e4fc8593c02p+2, 0x1.a43c93a43be15p+1, -0x1.f7a8efb7f20e3p+2, 0x1.c423a2c251234p+1},
    {-0x1.7333333333333p+1, -0x1.922e0297508dbp+2, 0x1.985c3f1a22a91p+1, -0x1.e1558c874c244p+2, 0x1.b8e672cf6a7afp+1},
    {-0x1.0000000000000p+0, -0x1.d74d31cc8afc1p+0, 0x1.866f43f5165c1p+0, -0x1.3e18721e04d5ap+1, 0x1.e77e51cddd573p+0},
    {-0x1.0624dd2f1a9fcp-10, -0x1.634ccf2e66ce9p-1, 0x1.98d7c84faa36fp-1, -0x1.d7236c58909f4p-1, 0x1.40fe9bdc00462p+0},
    {0x0.0p+0, -0x1.62e42fefa39efp-1, 0x1.9884533d43651p-1, -0x1.d67f1c864beb5p-1, 0x1.40d931ff62706p+0},
    {0x1.0000000000000p-1, -0x1.79cd16ce909a5p-2, 0x1.04b0ad277e950p-1, -0x1.7076ab17859c8p-2, 0x1.fb5a38f561d59p-1},
    {0x1.0000000000000p+1, -0x1.790b233d099bfp-6, 0x1.c4972a6c2a470p-5, 0x1.650f74c3dba09p-1, 0x1.f23c9b26fcc1bp-2},
    {0x1.8000000000000p+1, -0x1.621b527ca0146p-10, 0x1.22d6958d03f61p-8, 0x1.194700b166868p+0, 0x1.54d4434913e50p-2},
    {0x1.8cccccccccccdp+1, -0x1.fb8c60638594ep-11, 0x1.ac9a6cf7584fap-9, 0x1.21a937e6030b1p+0, 0x1.49f979a7a035cp-2},
    {0x1.0000000000000p+3, -0x1.669d2c90d55d0p-51, 0x1.6c0df3a094838p-48, 0x1.0a2b23f3bab73p+1, 0x1.ffffffffffffap-4},
};

/// Twelve points of three features, the last two of which share a length; row by row.
inline const std::vector<double> points = {0x1.6b899fd9b4ffap-2, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.5f107ec488159p-1, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.001ae47ac5326p-1, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.5d4e2914fd204p-3, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.91a864202364cp-1, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.1c4dbba414140p-7, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.7ddea7a1d8370p-5, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.9f56f80231262p-1, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.913d056d4d5ecp-2, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.a0554ba55a8eep-1, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.e8ef2793dd368p-2, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.0ff6d215880dap-2, 0x1.6a09e667f3bcdp-1, 0x0.0p+0};
inline const std::vector<double> values = {0x1.c380af7c41daap+0, 0x1.f5b9b6a117899p-2, 0x1.59136989c29ecp-1, 0x1.6ec5ccf2d391dp+0, -0x1.6cc19360ac5e1p-1, 0x1.c2b9ae0a177dep-1, 0x1.2e03aac8633e2p-2, -0x1.8954717f5547fp-4, 0x1.ca307229ce6ddp-1, -0x1.0a440cade2036p-5, 0x1.471254184d1d5p-1, 0x1.ed7f6e839f8c4p-1};
inline const std::vector<double> theta = {-0x1.6666666666666p-1, 0x1.999999999999ap-2, 0x1.ccccccccccccdp-1, -0x1.0000000000000p+2};
inline const std::vector<double> covariance = {0x1.3ad44655c78bcp+1, 0x1.ca8f1ed8871aap+0, 0x1.b0cb02974b46cp+0, 0x1.1ab515b495a90p+1, 0x1.28acf44023dd1p+0, 0x1.be2386a634f61p+0, 0x1.69e909096805ap+0, 0x1.6812b623283a7p+0, 0x1.c733c1794d50ep+0, 0x1.669970297b14fp+0, 0x1.b78546c1cf5f8p+0, 0x1.bf75ddb7b4b53p+0, 0x1.ca8f1ed8871aap+0, 0x1.3ad44655c78bcp+1, 0x1.a299a25d0262cp+0, 0x1.3c893cbe5f331p+0, 0x1.bd6f514eb7aeep+0, 0x1.aadbba1e548cep-1, 0x1.7ca9de92bb0d1p-1, 0x1.2b0f94812f54ep+1, 0x1.716159b87ecedp+0, 0x1.2a98d83da1e6ap+1, 0x1.9974631a52e88p+0, 0x1.2dccbeeeea55cp+0, 0x1.b0cb02974b46cp+0, 0x1.a299a25d0262cp+0, 0x1.3ad44655c78bcp+1, 0x1.5ec93dc585d98p+0, 0x1.eec04aaa4ee24p+0, 0x1.07365fabe1e6dp+0, 0x1.6a0dc9203a138p+0, 0x1.688f91364be2ep+0, 0x1.2ee93e0c11628p+1, 0x1.678d5e87d366bp+0, 0x1.3a47e71b57cb2p+1, 0x1.09d3c4f5d0a3bp+1, 0x1.1ab515b495a90p+1, 0x1.3c893cbe5f331p+0, 0x1.5ec93dc585d98p+0, 0x1.3ad44655c78bcp+1, 0x1.93b2d280edd31p-1, 0x1.217deb3d3aa66p+1, 0x1.b71c6b39fc7f5p+0, 0x1.d47916c504273p-1, 0x1.93ddb724afcedp+0, 0x1.d22e431eda4fep-1, 0x1.6aadddf407eb6p+0, 0x1.be4621c1a439ep+0, 0x1.28acf44023dd1p+0, 0x1.bd6f514eb7aeep+0, 0x1.eec04aaa4ee24p+0, 0x1.93b2d280edd31p-1, 0x1.3ad44655c78bcp+1, 0x1.0e97357a8a49fp-1, 0x1.6b66324e11586p-1, 0x1.c7f5f8324ea4dp+0, 0x1.996d60447a7efp+0, 0x1.c7d564d98be40p+0, 0x1.dd255bcfa8745p+0, 0x1.39d5ab71f76eap+0, 0x1.be2386a634f61p+0, 0x1.aadbba1e548cep-1, 0x1.07365fabe1e6dp+0, 0x1.217deb3d3aa66p+1, 0x1.0e97357a8a49fp-1, 0x1.3ad44655c78bcp+1, 0x1.c71a67ffaf500p+0, 0x1.30554469f2610p-1, 0x1.41f7b2e3b8f35p+0, 0x1.2eb04bcca99c0p-1, 0x1.135b1459031b1p+0, 0x1.8395291f68720p+0, 0x1.69e909096805ap+0, 0x1.7ca9de92bb0d1p-1, 0x1.6a0dc9203a138p+0, 0x1.b71c6b39fc7f5p+0, 0x1.6b66324e11586p-1, 0x1.c71a67ffaf500p+0, 0x1.3ad44655c78bcp+1, 0x1.169f9b52ca7e9p-1, 0x1.bf073898be6a6p+0, 0x1.15389acdf0772p-1, 0x1.7b853161ebe64p+0, 0x1.0f5205e9d3bb6p+1, 0x1.6812b623283a7p+0, 0x1.2b0f94812f54ep+1, 0x1.688f91364be2ep+0, 0x1.d47916c504273p-1, 0x1.c7f5f8324ea4dp+0, 0x1.30554469f2610p-1, 0x1.169f9b52ca7e9p-1, 0x1.3ad44655c78bcp+1, 0x1.2e2f8ffaca68dp+0, 0x1.3ad33fd3d8a80p+1, 0x1.5c9e496ea81fcp+0, 0x1.d6425e1bab0f2p-1, 0x1.c733c1794d50ep+0, 0x1.716159b87ecedp+0, 0x1.2ee93e0c11628p+1, 0x1.93ddb724afcedp+0, 0x1.996d60447a7efp+0, 0x1.41f7b2e3b8f35p+0, 0x1.bf073898be6a6p+0, 0x1.2e2f8ffaca68dp+0, 0x1.3ad44655c78bcp+1, 0x1.2d20426bf6d80p+0, 0x1.33436030d35b3p+1, 0x1.2ae480ea9178dp+1, 0x1.669970297b14fp+0, 0x1.2a98d83da1e6ap+1, 0x1.678d5e87d366bp+0, 0x1.d22e431eda4fep-1, 0x1.c7d564d98be40p+0, 0x1.2eb04bcca99c0p-1, 0x1.15389acdf0772p-1, 0x1.3ad33fd3d8a80p+1, 0x1.2d20426bf6d80p+0, 0x1.3ad44655c78bcp+1, 0x1.5b9651aa0e726p+0, 0x1.d44bb11c4ec5dp-1, 0x1.b78546c1cf5f8p+0, 0x1.9974631a52e88p+0, 0x1.3a47e71b57cb2p+1, 0x1.6aadddf407eb6p+0, 0x1.dd255bcfa8745p+0, 0x1.135b1459031b1p+0, 0x1.7b853161ebe64p+0, 0x1.5c9e496ea81fcp+0, 0x1.33436030d35b3p+1, 0x1.5b9651aa0e726p+0, 0x1.3ad44655c78bcp+1, 0x1.11bf55fa48388p+1, 0x1.bf75ddb7b4b53p+0, 0x1.2dccbeeeea55cp+0, 0x1.09d3c4f5d0a3bp+1, 0x1.be4621c1a439ep+0, 0x1.39d5ab71f76eap+0, 0x1.8395291f68720p+0, 0x1.0f5205e9d3bb6p+1, 0x1.d6425e1bab0f2p-1, 0x1.2ae480ea9178dp+1, 0x1.d44bb11c4ec5dp-1, 0x1.11bf55fa48388p+1, 0x1.3ad44655c78bcp+1};
inline constexpr double log_likelihood = -0x1.59ea59101a894p+2;
/// Three other points, and mean and variance there; and if the outcome at the first were 1.5 deviations above.
inline const std::vector<double> places = {0x1.3333333333333p-2, 0x1.6a09e667f3bcdp-1, 0x0.0p+0, 0x1.ccccccccccccdp-1, 0x0.0p+0, 0x1.6a09e667f3bcdp-1, 0x1.999999999999ap-5, 0x1.6a09e667f3bcdp-1, 0x0.0p+0};
inline const std::vector<double> means = {0x1.ee34a0258959ap-1, -0x1.5b855417d77fbp-2, 0x1.4ede409b713d5p-2};
inline const std::vector<double> variances = {0x1.85e69a86fb100p-7, 0x1.fbef45a576100p-5, 0x1.14866ac6bfc00p-6};
inline const std::vector<double> world_means = {0x1.11639502b4b99p+0, -0x1.584b66b089cfbp-2, 0x1.531137e4911e5p-2};
inline const std::vector<double> world_variances = {0x1.d8b4c65500000p-8, 0x1.fbe6050c92840p-5, 0x1.1467121c69a80p-6};

/// Classification of a point labelled 1 at 0.2 and one labelled -1 at 0.6: likelihood, and P(feasible) at 0.35,
/// integrated numerically.
struct Labels {
  double length, variance, likelihood, probability;
};
inline const std::vector<Labels> labels = {
    {0x1.0000000000000p-1, 0x1.0000000000000p+0, 0x1.950fd2e59d15dp-3, 0x1.0bbcdf71d52d6p-1},
    {0x1.3333333333333p-2, 0x1.0000000000000p+2, 0x1.a2e4ba5d65bdfp-3, 0x1.2847c0d754c8ap-1},
    {0x1.0000000000000p-1, 0x1.4000000000000p+5, 0x1.2260a8c6e5ac6p-3, 0x1.38c909c7b9bf2p-1},
};

}  // namespace eigentune::golden
