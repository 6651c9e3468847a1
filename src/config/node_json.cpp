// SPDX-License-Identifier: Apache-2.0
#include "config/node_json.hpp"

namespace gatehouse::config {

void write_json(json::Writer& out, Node const& node)
{
    switch (node.kind) {
    case Node::Kind::null: out.null(); break;
    case Node::Kind::scalar: node.is_bare ? out.raw(node.text) : out.value(node.text); break;
    case Node::Kind::list:
        out.array();
        for (auto const& child : node.children)
            write_json(out, child);
        out.end_array();
        break;
    case Node::Kind::map:
        out.object();
        for (auto const& child : node.children)
            write_json(out.key(child.key), child);
        out.end_object();
        break;
    }
}

} // namespace gatehouse::config
