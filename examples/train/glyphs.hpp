#pragma once

#include <array>
#include <vector>

namespace example {

/// A point of a glyph in percent of its height: x to the right, y downwards, the glyph within 0 ... 100 of both,
/// centred on (50, 50).
struct GlyphPoint {
  int x, y;
};

enum class StrokeShape {
  polyline,  ///< straight from point to point
  curve,     ///< smoothly through the points; closed if the last point equals the first
};

/// One movement of the pen, without lifting it; at least two points.
struct Stroke {
  StrokeShape shape;
  std::vector<GlyphPoint> points;
};

/// One way of writing a digit.
using Glyph = std::vector<Stroke>;

/// The ways of writing each digit, as they occur in handwriting: 7 with and without a bar, 4 open and closed, and so
/// on. glyphs()[d] are those of digit d; none is empty.
inline const std::array<std::vector<Glyph>, 10>& glyphs() {
  using enum StrokeShape;
  using Glyphs = std::vector<Glyph>;
  static const std::array<std::vector<Glyph>, 10> all = {
      Glyphs{
          // 0: an oval; a narrow one; one whose ends miss each other at the top
          {{curve, {{50, 0}, {31, 10}, {21, 50}, {31, 90}, {50, 100}, {69, 90}, {79, 50}, {69, 10}, {50, 0}}}},
          {{curve, {{52, 0}, {39, 18}, {33, 55}, {38, 90}, {49, 100}, {61, 84}, {67, 48}, {62, 12}, {52, 0}}}},
          {{curve,
            {{60, 4}, {37, 12}, {22, 45}, {28, 85}, {50, 100}, {73, 85}, {80, 45}, {68, 10}, {48, 3}, {40, 14}}}},
      },
      Glyphs{
          // 1: a bar; with an upstroke; with an upstroke and a foot
          {{polyline, {{50, 0}, {50, 100}}}},
          {{polyline, {{28, 28}, {54, 0}, {54, 100}}}},
          {{polyline, {{32, 22}, {52, 0}, {52, 100}}}, {polyline, {{28, 100}, {76, 100}}}},
      },
      Glyphs{
          // 2: with a straight foot; with a loop at the lower left; angular, like a z with a round head
          {{curve, {{24, 24}, {34, 5}, {54, 0}, {73, 12}, {74, 34}, {58, 62}, {22, 100}}},
           {polyline, {{22, 100}, {80, 98}}}},
          {{curve,
            {{24, 20},
             {42, 1},
             {66, 6},
             {72, 30},
             {58, 62},
             {34, 92},
             {20, 94},
             {22, 80},
             {38, 80},
             {60, 94},
             {82, 96}}}},
          {{curve, {{20, 14}, {40, 2}, {64, 4}, {74, 18}, {66, 36}}}, {polyline, {{66, 36}, {24, 96}, {78, 92}}}},
      },
      Glyphs{
          // 3: two bows; a flat top; bows joined by a small loop
          {{curve, {{24, 10}, {46, 0}, {68, 8}, {70, 28}, {46, 46}}},
           {curve, {{46, 46}, {72, 56}, {76, 80}, {54, 99}, {22, 90}}}},
          {{polyline, {{24, 2}, {74, 2}, {46, 40}}},
           {curve, {{46, 40}, {70, 46}, {77, 68}, {66, 92}, {42, 100}, {20, 90}}}},
          {{curve,
            {{26, 14},
             {44, 0},
             {68, 6},
             {68, 30},
             {48, 46},
             {40, 46},
             {46, 40},
             {70, 54},
             {76, 78},
             {54, 100},
             {22, 92}}}},
      },
      Glyphs{
          // 4: open, with a long stem; closed; open and rounded, with a short stem
          {{polyline, {{34, 4}, {20, 58}, {80, 58}}}, {polyline, {{66, 10}, {62, 100}}}},
          {{polyline, {{64, 100}, {64, 0}, {16, 66}, {84, 66}}}},
          {{curve, {{28, 0}, {24, 30}, {30, 50}, {50, 54}, {72, 48}}}, {polyline, {{74, 2}, {70, 100}}}},
      },
      Glyphs{
          // 5: with a separate bar; in one movement; flat and angular
          {{polyline, {{32, 2}, {28, 44}}},
           {curve, {{28, 44}, {50, 38}, {72, 50}, {74, 76}, {54, 98}, {22, 92}}},
           {polyline, {{32, 2}, {76, 0}}}},
          {{curve, {{78, 4}, {48, 2}, {34, 12}, {32, 36}, {54, 44}, {72, 58}, {70, 84}, {46, 100}, {20, 90}}}},
          {{polyline, {{74, 2}, {30, 2}, {28, 42}, {58, 42}}},
           {curve, {{58, 42}, {76, 54}, {77, 80}, {60, 98}, {22, 98}}}},
      },
      Glyphs{
          // 6: a long bow; a straight stem; a flat, wide loop
          {{curve, {{66, 0}, {40, 18}, {25, 54}, {30, 88}, {52, 100}, {72, 86}, {70, 62}, {50, 54}, {30, 68}}}},
          {{polyline, {{60, 0}, {28, 58}}},
           {curve, {{28, 58}, {26, 84}, {46, 100}, {70, 90}, {74, 68}, {54, 54}, {28, 68}}}},
          {{curve, {{42, 0}, {26, 36}, {22, 72}, {36, 98}, {64, 98}, {80, 80}, {66, 62}, {40, 66}, {26, 82}}}},
      },
      Glyphs{
          // 7: plain; with a bar; a bent stem and a hook at the upper left
          {{polyline, {{20, 4}, {78, 2}, {42, 100}}}},
          {{polyline, {{22, 4}, {78, 4}, {44, 100}}}, {polyline, {{36, 52}, {78, 50}}}},
          {{polyline, {{22, 22}, {24, 4}, {78, 2}}}, {curve, {{78, 2}, {62, 32}, {52, 62}, {50, 100}}}},
      },
      Glyphs{
          // 8: in one movement; two circles; slanted, its ends missing each other at the top right
          {{curve,
            {{50, 48},
             {30, 36},
             {30, 10},
             {50, 0},
             {70, 10},
             {70, 36},
             {50, 48},
             {26, 64},
             {28, 90},
             {50, 100},
             {72, 90},
             {74, 64},
             {50, 48}}}},
          {{curve, {{50, 0}, {34, 8}, {30, 24}, {36, 40}, {50, 46}, {64, 40}, {70, 24}, {66, 8}, {50, 0}}},
           {curve, {{50, 46}, {30, 54}, {24, 73}, {32, 92}, {50, 100}, {68, 92}, {76, 73}, {70, 54}, {50, 46}}}},
          {{curve,
            {{70, 8},
             {50, 0},
             {34, 12},
             {38, 34},
             {58, 54},
             {68, 76},
             {54, 98},
             {32, 90},
             {32, 68},
             {56, 44},
             {76, 14}}}},
      },
      Glyphs{
          // 9: a straight stem; a bent tail; a tail that hooks to the left, like a g
          {{curve, {{70, 16}, {50, 0}, {28, 12}, {26, 36}, {44, 50}, {66, 40}, {72, 14}}},
           {polyline, {{72, 10}, {68, 100}}}},
          {{curve,
            {{70, 24}, {56, 2}, {32, 6}, {24, 32}, {42, 48}, {64, 40}, {71, 18}, {70, 50}, {58, 82}, {36, 100}}}},
          {{curve, {{70, 14}, {46, 0}, {26, 18}, {32, 42}, {54, 44}, {70, 22}}},
           {curve, {{72, 6}, {74, 50}, {70, 86}, {50, 100}, {26, 88}}}},
      },
  };
  return all;
}

}  // namespace example
