// Written by portable_math_oracle.py.
// clang-format off
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace eigentune::golden {

struct One {
  double x, value;
};
struct Two {
  double x, y, value;
};

/// exp: argument, value, correctly rounded.
inline constexpr std::array exp_golden = {
    One{0x0.0p+0, 0x1.0000000000000p+0},
    One{-0x0.0p+0, 0x1.0000000000000p+0},
    One{0x1.0000000000000p+0, 0x1.5bf0a8b145769p+1},
    One{-0x1.0000000000000p+0, 0x1.78b56362cef38p-2},
    One{0x1.56e1fc2f8f359p-997, 0x1.0000000000000p+0},
    One{-0x0.0000000000001p-1022, 0x1.0000000000000p+0},
    One{0x1.0000000000000p-53, 0x1.0000000000001p+0},
    One{-0x1.0000000000000p-54, 0x1.0000000000000p+0},
    One{0x1.62e42fefa39efp-2, 0x1.6a09e667f3bccp+0},
    One{0x1.62e42fefa39f0p-2, 0x1.6a09e667f3bcdp+0},
    One{0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
    One{0x1.62e42fefa39f0p+9, std::numeric_limits<double>::infinity()},
    One{-0x1.6232bdd7abcd2p+9, 0x1.000000000007cp-1022},
    One{-0x1.6240000000000p+9, 0x0.e6cf6d08897acp-1022},
    One{-0x1.74385446d71c3p+9, 0x0.0000000000001p-1022},
    One{-0x1.74910d52d3051p+9, 0x0.0000000000001p-1022},
    One{-0x1.74910d52d3052p+9, 0x0.0p+0},
    One{0x1.5e20000000000p+9, 0x1.2fd8e4cbfa413p+1010},
    One{-0x1.5e20000000000p+9, 0x1.af5fe9a485c8ep-1011},
    One{-0x1.626feb781c6e8p+9, 0x0.9ebb9b4c93b4dp-1022},
    One{0x1.50379910f4f04p+8, 0x1.0aa8f2157d0b5p+485},
    One{0x1.74041d47d1080p+2, 0x1.4e89c888bf739p+8},
    One{-0x1.12bcd7a99ee80p+4, 0x1.2bb0f727f2c73p-25},
    One{-0x1.43f2e381f9c5cp+9, 0x1.37224595c01c6p-935},
    One{-0x1.6e07b2d3b9dffp+8, 0x1.e7d40c528b5a2p-529},
    One{-0x1.f6daee1f434f7p+8, 0x1.727e35d88075cp-726},
    One{0x1.41a3eddb7a528p+6, 0x1.01496dd4180a8p+116},
    One{0x1.d9027f1ba1ae0p+6, 0x1.849dffad6b555p+170},
    One{0x1.a520835b6136cp+8, 0x1.78d935e17df73p+607},
    One{-0x1.2e3840fd3f539p+9, 0x1.f84e468df35abp-873},
    One{-0x1.6f063cfc6a5aep+9, 0x0.0000000007f40p-1022},
    One{-0x1.1ea47f72ed130p+6, 0x1.883a376679df0p-104},
    One{-0x1.35057a2c7d5dbp+9, 0x1.46e7d7cb0ad65p-892},
    One{0x1.276dd572ccf38p+9, 0x1.586b02112f504p+852},
    One{-0x1.bef2152df29b3p+8, 0x1.24cb8f3b3375bp-645},
    One{-0x1.290a06bd2eef2p+9, 0x1.e67266b5c45ccp-858},
    One{-0x1.3cf8a9d1e0780p+9, 0x1.5518ae6056e8bp-915},
    One{0x1.75dd6cc1e3900p+8, 0x1.4b8d95ce3897ap+539},
    One{-0x1.16143e401ed00p+9, 0x1.8d1c32da5fe46p-803},
};

/// log: argument, value, correctly rounded.
inline constexpr std::array log_golden = {
    One{0x0.0000000000001p-1022, -0x1.74385446d71c3p+9},
    One{0x0.0000000000003p-1022, -0x1.73abb4f301b42p+9},
    One{0x1.0000000000000p-1022, -0x1.6232bdd7abcd2p+9},
    One{0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
    One{0x1.999999999999ap-4, -0x1.26bb1bbb55515p+1},
    One{0x1.0000000000000p+1, 0x1.62e42fefa39efp-1},
    One{0x1.4000000000000p+3, 0x1.26bb1bbb55516p+1},
    One{0x1.56e1fc2f8f359p-997, -0x1.5963447f87fb5p+9},
    One{0x1.7e43c8800759cp+996, 0x1.5963447f87fb5p+9},
    One{0x1.6a09e667f3bcdp+0, 0x1.62e42fefa39f0p-2},
    One{0x1.6a09e667f3bcdp-1, -0x1.62e42fefa39eep-2},
    One{0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
    One{0x1.fffffffffffffp-1, -0x1.0000000000000p-53},
    One{0x1.0000004000000p+0, 0x1.ffffffc000001p-27},
    One{0x1.fff2e48e8a71ep-1, -0x1.a3738d2cf1cc2p-14},
    One{0x1.00068db8bac71p+0, 0x1.a368d0657fcd4p-14},
    One{0x1.544563a23765cp+777, 0x1.0d6e12005fcb1p+9},
    One{0x1.fae82c50c2c10p-444, -0x1.3312fea74b0bap+8},
    One{0x1.88c65d761f7b2p-675, -0x1.d3723fe9d39abp+8},
    One{0x1.461e9001f1950p+844, 0x1.24a1102fc084ap+9},
    One{0x1.c38d712cf219ap-1010, -0x1.5dc16cf98c090p+9},
    One{0x1.bb6ed15eac958p-79, -0x1.b1ac8f978cd5dp+5},
    One{0x1.29b9ffdd6fe8dp-347, -0x1.e0bdfd5c69a3ap+7},
    One{0x1.adc89dbac5da6p-597, -0x1.9d4a6f6595a50p+8},
    One{0x1.9d8b180885ed2p+346, 0x1.e09df4efaa590p+7},
    One{0x1.4b5f84ad5c17bp+96, 0x1.0b3366cf45ff9p+6},
    One{0x1.e73e788bd5b52p+0, 0x1.49845188f9223p-1},
    One{0x1.aae09546f9323p-1, -0x1.746244ef17df0p-3},
    One{0x1.3ebbdb8d84426p-1, -0x1.e557f1cc01895p-2},
    One{0x1.295b82ee0b5edp-1, -0x1.16372a0360343p-1},
    One{0x1.83b8514fc8d98p-1, -0x1.1cb6d6604de8bp-2},
    One{0x1.eb3ef4f3c0a06p+0, 0x1.4db475b4208cdp-1},
    One{0x1.d127575a2e5a9p-1, -0x1.8909fbc81956ap-4},
    One{0x1.4248550cf7f3bp+0, 0x1.d78df01bb7975p-3},
    One{0x1.2ea5c9b220b26p+0, 0x1.56d1729a8bf83p-3},
    One{0x1.0f40186205016p+0, 0x1.da075920d661cp-5},
};

/// cos_pi: argument, value, correctly rounded.
inline constexpr std::array cos_pi_golden = {
    One{0x1.5555555555555p-2, 0x1.0000000000000p-1},
    One{0x1.5555555555555p-1, -0x1.ffffffffffffep-2},
    One{0x1.0000000000000p-2, 0x1.6a09e667f3bcdp-1},
    One{0x1.8000000000000p-1, -0x1.6a09e667f3bcdp-1},
    One{0x1.4000000000000p+0, -0x1.6a09e667f3bcdp-1},
    One{0x1.999999999999ap-4, 0x1.e6f0e134454ffp-1},
    One{0x1.fffffffffffffp-2, 0x1.921fb54442d18p-53},
    One{0x1.0000000000001p-1, -0x1.921fb54442d18p-52},
    One{0x1.7ffffffffffffp+0, -0x1.921fb54442d18p-51},
    One{0x1.4f8b588e368f1p-17, 0x1.fffffffbc2d35p-1},
    One{0x1.12e0be826d695p-30, 0x1.0000000000000p+0},
    One{0x0.0000000000001p-1022, 0x1.0000000000000p+0},
    One{0x1.fffffffffffffp-3, 0x1.6a09e667f3bcdp-1},
    One{0x1.0000000000001p-2, 0x1.6a09e667f3bcbp-1},
    One{0x1.81cd6c8b43958p+13, 0x1.0f9f297584428p-1},
    One{0x1.0000000000000p+51, 0x1.0000000000000p+0},
    One{0x1.c6bf526340001p+49, 0x1.d906bcf328d46p-1},
    One{-0x1.3333333333333p-2, 0x1.2cf2304755a5ep-1},
    One{0x1.eee73dd40e554p+0, 0x1.f4c5b49686a5bp-1},
    One{0x1.cbc006f476cf2p+1, 0x1.233c625039be5p-2},
    One{0x1.a89d702f6346cp+0, 0x1.e9831b72e8788p-2},
    One{-0x1.e57eec285da70p-2, 0x1.4cb1dea460849p-4},
    One{-0x1.f2041a6edfd9cp+1, 0x1.e2236cdb18b46p-1},
    One{0x1.16aaaa5926f90p-1, -0x1.1beb96ad84d74p-3},
    One{-0x1.2c8dafc3854a4p+0, -0x1.b55bf0392ba37p-1},
    One{0x1.45fd7c012e1a6p+1, -0x1.2c03f1f671b37p-3},
    One{0x1.b1bb7d084ed38p-1, -0x1.c6156b51f594ap-1},
    One{0x1.6a0d955ad5af0p+0, -0x1.10789f8d18fb0p-2},
    One{0x1.3b2cd24b479d4p+0, -0x1.7ed40748032a2p-1},
    One{-0x1.4b03f4bfdd4d8p-1, -0x1.c6de39c2c1fe2p-2},
    One{-0x1.807f3377e5708p+0, 0x1.8f9c84dc312e2p-8},
    One{0x1.744920958d30ep+1, -0x1.eafbc11f3af67p-1},
    One{-0x1.3be1b9f6f09dcp+1, 0x1.9d4ec2b6a91a1p-4},
    One{-0x1.269e86f995e8cp+0, -0x1.c7917b359214ap-1},
    One{-0x1.9a2a838a4df8cp+0, 0x1.4330e530f10f2p-2},
    One{-0x1.e95893f7e4700p+0, 0x1.ec576ca6adc7dp-1},
    One{0x1.1e96d4407d814p+0, -0x1.dc58f8818121ep-1},
    One{-0x1.49440b969c208p+1, -0x1.cdbee784c3151p-3},
};

/// pow: base, exponent, value, correctly rounded.
inline constexpr std::array pow_golden = {
    Two{0x1.0000000000000p+1, 0x1.0000000000000p-1, 0x1.6a09e667f3bcdp+0},
    Two{0x1.4000000000000p+3, -0x1.8000000000000p+1, 0x1.0624dd2f1a9fcp-10},
    Two{0x1.4000000000000p+3, 0x1.3400000000000p+8, 0x1.1ccf385ebc8a0p+1023},
    Two{0x1.4000000000000p+3, -0x1.3400000000000p+8, 0x0.730d67819e8d2p-1022},
    Two{0x1.ff7ced916872bp-1, 0x1.86a0000000000p+16, 0x1.940747bb85395p-145},
    Two{0x1.0000000000001p+0, 0x1.4d1120d7b1600p+61, 0x1.0502174a9bef1p+961},
    Two{0x1.fffffffffffffp-1, 0x1.4d1120d7b1600p+62, 0x1.f62d04dd3d7e1p-962},
    Two{0x0.0000000000001p-1022, 0x1.0000000000000p-1, 0x1.0000000000000p-537},
    Two{0x1.fffffffffffffp+1023, -0x1.0000000000000p+0, 0x0.4000000000000p-1022},
    Two{0x1.fffffffffffffp+1023, 0x1.ff7ced916872bp-1, 0x1.f78d9576fb57dp+1022},
    Two{0x1.0000000000000p+1, -0x1.0c80000000000p+10, 0x0.0000000000001p-1022},
    Two{0x1.0000000000000p+1, 0x1.ffc0000000000p+9, 0x1.6a09e667f3bcdp+1023},
    Two{0x1.8000000000000p+1, 0x1.56e1fc2f8f359p-997, 0x1.0000000000000p+0},
    Two{0x1.0000000000000p-1, 0x1.0ce0000000000p+10, 0x0.0p+0},
    Two{0x1.4f8b588e368f1p-17, 0x1.0000000000000p-2, 0x1.ccab8602d2697p-5},
    Two{0x1.90d5e9665d16dp-156, 0x1.651bffe0326bdp+0, 0x1.38bde4ace22ddp-217},
    Two{0x1.89918de7fbdb5p+258, 0x1.1e276b15aa2b6p-2, 0x1.34da713b2b643p+72},
    Two{0x1.161e2ba21970ap+46, -0x1.3c38781a13038p+2, 0x1.1750d9bdc5461p-228},
    Two{0x1.8a61d1aff9363p+486, -0x1.ac98123c3c794p+0, 0x1.3a9274c6b4aa5p-815},
    Two{0x1.7ecd03c410083p-985, -0x1.f9a781f404eebp-3, 0x1.09e407ff73447p+243},
    Two{0x1.d81fbf5c8b3aap-201, 0x1.619f38538943fp+0, 0x1.7c5ef60e737abp-277},
    Two{0x1.3318db923d25cp+638, -0x1.502f3b7d00e81p+0, 0x1.c411bf84bc630p-839},
    Two{0x1.46aa10f8075bap-688, -0x1.23c409152862fp+0, 0x1.a596c91584f82p+783},
    Two{0x1.192cbb3eb9b52p+634, 0x1.8286e7c0f70abp-1, 0x1.a8fbe32b6f812p+478},
    Two{0x1.9d8f42e869731p+535, -0x1.348745c1a0902p+0, 0x1.4f701de71461cp-646},
    Two{0x1.6c75b4be62b37p+19, -0x1.46f2d23c67907p+5, 0x1.9750412e6351ap-798},
    Two{0x1.269aaace98262p+884, 0x1.64cf10e419f1ap-2, 0x1.11cdc23fbf0dep+308},
    Two{0x1.0088f902e287fp-299, 0x1.7757f92c8470bp+0, 0x1.880402c3eba0dp-439},
    Two{0x1.a4e48f5e596ccp-452, -0x1.7ddb49ad84942p-1, 0x1.7cc6604910766p+336},
    Two{0x1.89df515949c9bp-843, -0x1.50b1490711a6fp-1, 0x1.eea26a2be0212p+553},
    Two{0x1.4a0b0f531625dp-926, 0x1.032c8a58a5cd6p+0, 0x1.da769c1a9c131p-938},
    Two{0x1.5b6dbef67e7cbp+514, 0x1.ee74cdc420438p+0, 0x1.8b320bfa20467p+993},
    Two{0x1.c823be514e95bp-730, 0x1.b44579edea618p-3, 0x1.977dd6ddac6c3p-156},
    Two{0x1.a326485ffd1e2p+199, 0x1.6d249f1369c03p+0, 0x1.cf720518e004ep+284},
    Two{0x1.289e2417ca4f6p-772, 0x1.bb51dbec65cefp-1, 0x1.abd3a1493f535p-669},
    Two{0x1.212d93a8ce34ep+0, -0x1.79187255b4278p+10, 0x1.bf4bf7a2eb968p-266},
    Two{0x1.2dac8abfc9f9ap+0, -0x1.d42f5c683851fp+11, 0x1.dc6d3d027a4a1p-888},
    Two{0x1.022894d9e333ap-1, -0x1.c6f44b878ca8fp+9, 0x1.d94024fd26e99p+898},
    Two{0x1.4dbee33351157p-1, -0x1.43e1726a0a89ep+9, 0x1.e5df5d0949daap+399},
    Two{0x1.d621d1ee69041p+0, -0x1.a99c8a6b2e8bap+9, 0x1.751ef538afdebp-747},
    Two{0x1.bfc3ead76a164p+0, 0x1.3878dc04823fcp+7, 0x1.038b28ed64c71p+126},
    Two{0x1.5d73ab377d422p+0, -0x1.11fa763448d98p+11, 0x1.f8dca8b50d149p-985},
    Two{0x1.fefb75765a8aap-1, -0x1.8edb2ca855f8fp+15, 0x1.77fb73f097f46p+146},
    Two{0x1.5881745178bb4p-1, 0x1.81f5d08af0db9p+10, 0x1.6e0737d6e6451p-883},
    Two{0x1.f5b458dece84ep+0, -0x1.8413dd923a248p+9, 0x1.818e2f5dc3736p-754},
};

/// power: base, exponent, value, correctly rounded.
inline constexpr std::array power_golden = {
    Two{0x1.ff7ced916872bp-1, 0x1.0000000000000p+0, 0x1.ff7ced916872bp-1},
    Two{0x1.ff7ced916872bp-1, 0x1.4000000000000p+3, 0x1.fae7299c256e3p-1},
    Two{0x1.ff7ced916872bp-1, 0x1.f400000000000p+9, 0x1.788526411ed72p-2},
    Two{0x1.fff2e48e8a71ep-1, 0x1.0001000000000p+16, 0x1.7563a8628ec17p-10},
    Two{0x1.ccccccccccccdp-1, 0x1.2c00000000000p+8, 0x1.5193a9734b337p-46},
    Two{-0x1.0000000000000p-1, 0x1.c000000000000p+2, -0x1.0000000000000p-7},
    Two{0x1.000001ad7f29bp+0, 0x1.7d78400000000p+26, 0x1.5829d1d3f9926p+14},
};

inline constexpr std::uint64_t exp_digest = 0x55d7fc608580b60f;
inline constexpr std::uint64_t log_digest = 0xe96846861ee1b67d;
inline constexpr std::uint64_t pow_digest = 0xd39a33147f7ae2fc;
inline constexpr std::uint64_t pow_near_one_digest = 0x4107a68905f23dbf;
inline constexpr std::uint64_t cos_pi_digest = 0x01395c235d6192c3;
inline constexpr std::uint64_t power_digest = 0xd98719b6c6bee95a;

}  // namespace eigentune::golden
