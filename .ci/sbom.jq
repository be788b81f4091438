# CycloneDX of `cargo metadata`: the crates of others, with versions and licences.
{
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {component: {type: "application", name: "kernmesh", version: (.packages[] | select(.name == "kernmesh").version)}},
  components: [
    .packages[] | select(.source) | {
      type: "library",
      name,
      version,
      purl: "pkg:cargo/\(.name)@\(.version)",
      licenses: [{expression: (.license | gsub("/"; " OR "))}]
    }
  ]
}
