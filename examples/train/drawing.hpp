#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "train/glyphs.hpp"

// Geometry and ink that come out with the same bits on every machine. Coordinates are floats, products of two floats
// are formed in double, where they are exact, so a compiler that contracts a * b + c into FMA changes nothing; beyond
// that only the operations that IEEE 754 rounds correctly are used (+ - * / and the square root).
namespace example {

/// A position or a displacement: x to the right, y downwards. On a sheet in pixels, the centre of the first at (0.5,
/// 0.5).
struct Point {
  float x = 0.0f, y = 0.0f;
};

/// The product, exact.
constexpr double product(float a, float b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

constexpr Point operator+(Point a, Point b) {
  return {a.x + b.x, a.y + b.y};
}
constexpr Point operator-(Point a, Point b) {
  return {a.x - b.x, a.y - b.y};
}
constexpr double dot(Point a, Point b) {
  return product(a.x, b.x) + product(a.y, b.y);
}

/// a + factor * b.
constexpr float plus_scaled(float a, float factor, float b) {
  return static_cast<float>(static_cast<double>(a) + product(factor, b));
}

/// A stroke as a chain of points close enough to be joined by straight lines, in percent as the stroke: its own points
/// and, between each two of them, one in the middle (polyline) or three (curve). Curves are Catmull-Rom splines
/// (Catmull and Rom, 1974): between p1 and p2, at t = 1/4, 1/2 and 3/4,
///   (-t + 2t^2 - t^3) / 2 p0 + (2 - 5t^2 + 3t^3) / 2 p1 + (t + 4t^2 - 3t^3) / 2 p2 + (-t^2 + t^3) / 2 p3.
inline std::vector<Point> trace(const Stroke& stroke) {
  const auto& points = stroke.points;
  const std::size_t last = points.size() - 1;
  const bool closed = points.front().x == points.back().x && points.front().y == points.back().y;
  // The weights times 128, which are integers.
  constexpr std::array<std::array<int, 4>, 4> curve = {
      {{0, 128, 0, 0}, {-9, 111, 29, -3}, {-8, 72, 72, -8}, {-3, 29, 111, -9}}};
  constexpr std::array<std::array<int, 4>, 2> polyline = {{{0, 128, 0, 0}, {0, 64, 64, 0}}};
  const std::span<const std::array<int, 4>> weights =
      stroke.shape == StrokeShape::curve ? std::span<const std::array<int, 4>>(curve) : polyline;
  std::vector<Point> path;
  for (std::size_t k = 0; k < last; ++k) {
    const GlyphPoint p0 = k > 0 ? points[k - 1] : closed ? points[last - 1] : points[0];
    const GlyphPoint p1 = points[k], p2 = points[k + 1];
    const GlyphPoint p3 = k + 1 < last ? points[k + 2] : closed ? points[1] : points[last];
    for (const auto& w : weights) {
      path.push_back({static_cast<float>(w[0] * p0.x + w[1] * p1.x + w[2] * p2.x + w[3] * p3.x) / 128.0f,
                      static_cast<float>(w[0] * p0.y + w[1] * p1.y + w[2] * p2.y + w[3] * p3.y) / 128.0f});
    }
  }
  path.push_back({static_cast<float>(points[last].x), static_cast<float>(points[last].y)});
  return path;
}

/// A sheet of rows x columns pixels, both at least 0, each with an amount of ink from 0 to 1, row by row.
class Sheet {
 public:
  Sheet(int rows, int columns)
      : rows_(rows),
        columns_(columns),
        ink_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0.0f) {}

  /// Draws a line from `a` to `b`, both finite, with a round pen. A pixel whose centre is at distance d gets
  ///   ink = min(max(radius + 1/2 - d, 0), 1) * darkness,
  /// the anti-aliased edge being one pixel wide, unless it has more already: where strokes cross, ink does not add up.
  void draw_line(Point a, Point b, float radius, float darkness) {
    const float reach = radius + 0.5f;
    const double reach_squared = product(reach, reach);
    const Point along = b - a;
    const double length_squared = dot(along, along);
    const int top = first_pixel(std::min(a.y, b.y) - reach, rows_);
    const int bottom = last_pixel(std::max(a.y, b.y) + reach, rows_);
    const int left = first_pixel(std::min(a.x, b.x) - reach, columns_);
    const int right = last_pixel(std::max(a.x, b.x) + reach, columns_);
    for (int row = top; row <= bottom; ++row) {
      for (int column = left; column <= right; ++column) {
        const Point from_a = Point{static_cast<float>(column) + 0.5f, static_cast<float>(row) + 0.5f} - a;
        const float position =
            length_squared > 0.0 ? static_cast<float>(std::clamp(dot(from_a, along) / length_squared, 0.0, 1.0)) : 0.0f;
        const Point off = {plus_scaled(from_a.x, -position, along.x), plus_scaled(from_a.y, -position, along.y)};
        const double distance_squared = dot(off, off);
        if (distance_squared >= reach_squared) continue;
        const float coverage = std::min(reach - static_cast<float>(std::sqrt(distance_squared)), 1.0f);
        float& ink =
            ink_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column)];
        ink = std::max(ink, coverage * darkness);
      }
    }
  }

  std::span<const float> ink() const { return ink_; }

 private:
  static int first_pixel(float edge, int count) {
    return static_cast<int>(std::clamp(std::floor(edge), 0.0f, static_cast<float>(count)));
  }
  static int last_pixel(float edge, int count) {
    return static_cast<int>(std::clamp(std::floor(edge), -1.0f, static_cast<float>(count - 1)));
  }

  int rows_, columns_;
  std::vector<float> ink_;
};

}  // namespace example
