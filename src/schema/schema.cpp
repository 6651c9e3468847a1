// SPDX-License-Identifier: Apache-2.0
#include "schema/schema.hpp"

#include "schema/compiler.hpp"

namespace gatehouse::schema {

Checked<std::vector<std::shared_ptr<Schema const>>> compile_all(
    Documents const& documents, std::span<std::string const> roots, Options const& options)
{
    Resources resources(documents, options);
    auto program = std::make_shared<Program>();
    Compiler compiler(resources, *program, options);
    std::vector<std::uint32_t> blocks;
    for (auto const& root : roots) {
        auto const place = GH_TRY(resources.find(root));
        blocks.push_back(compiler.block_of(place));
    }
    GH_CHECK(compiler.finish());
    program->documents = resources.take_documents();
    std::vector<std::shared_ptr<Schema const>> schemas;
    for (auto const block : blocks)
        schemas.push_back(std::make_shared<Schema const>(program, block));
    return schemas;
}

Checked<std::shared_ptr<Schema const>> compile(
    Documents const& documents, std::string_view root, Options const& options)
{
    std::string const uri(root);
    auto const schemas = GH_TRY(compile_all(documents, std::span(&uri, 1), options));
    return schemas.front();
}

} // namespace gatehouse::schema
