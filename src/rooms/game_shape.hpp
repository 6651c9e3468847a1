// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/shape.hpp"
#include "rooms/game.hpp"

#include <string_view>
#include <vector>

namespace gatehouse::rooms {

// All that clients and a game say to each other.
struct GameShape {
    struct Question {
        std::string_view name;
        Shape data;
        std::vector<Shape> answers; // One of these.
    };

    Shape view{};
    std::vector<Shape::Member> actions{};
    std::vector<Shape::Member> news{};
    std::vector<Question> questions{};
    Shape options{.kind = Shape::Kind::object};
};

// A question is answered by the reply of its name; where there is none, by any.
[[nodiscard]] inline std::vector<GameShape::Question> questions_of(
    std::vector<Shape::Member> const& queries, std::vector<Shape::Member> const& replies)
{
    std::vector<GameShape::Question> questions;
    for (auto const& query : queries) {
        auto& question = questions.emplace_back(query.name, query.shape, std::vector<Shape>());
        for (auto const& reply : replies)
            if (reply.name == query.name)
                question.answers.push_back(reply.shape);
        if (question.answers.empty())
            for (auto const& reply : replies)
                question.answers.push_back(reply.shape);
    }
    return questions;
}

template <Game G>
[[nodiscard]] GameShape game_shape()
{
    GameShape shape{.view = shape_of<typename G::View>(),
        .actions = shapes_of(static_cast<typename G::Action const*>(nullptr))};
    if constexpr (HasNews<G>)
        shape.news = shapes_of(static_cast<typename G::News const*>(nullptr));
    if constexpr (HasQueries<G>)
        shape.questions = questions_of(shapes_of(static_cast<typename G::Query const*>(nullptr)),
            shapes_of(static_cast<typename G::Reply const*>(nullptr)));
    if constexpr (HasOptions<G>)
        shape.options = shape_of<typename G::Options>();
    return shape;
}

} // namespace gatehouse::rooms
