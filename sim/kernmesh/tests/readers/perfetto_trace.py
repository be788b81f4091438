"""Prints as JSON what Perfetto's own schema finds in a trace."""

import json
import sys

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import (
    Trace,
    TracePacket,
    TrackDescriptor,
    TrackEvent,
)


def unknown(message):
    """Fields that the schema does not have, anywhere in a message."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    found = [field.field_number for field in UnknownFieldSet(message)]
    for field, value in message.ListFields():
        if field.message_type is not None:
            values = value if isinstance(value, (list,)) or hasattr(value, "append") else [value]
            found += [number for each in values for number in unknown(each)]
    return found


trace = Trace()
with open(sys.argv[1], "rb") as file:
    trace.ParseFromString(file.read())
assert trace.IsInitialized()

names, categories, notes, texts = {}, {}, {}, {}
tracks, opened, slices, flows, counters = {}, {}, [], {}, {}
for packet in trace.packet:
    assert not unknown(packet), unknown(packet)
    assert packet.trusted_packet_sequence_id == 1
    interned = packet.interned_data
    names |= {entry.iid: entry.name for entry in interned.event_names}
    categories |= {entry.iid: entry.name for entry in interned.event_categories}
    notes |= {entry.iid: entry.name for entry in interned.debug_annotation_names}
    texts |= {entry.iid: entry.str.decode() for entry in interned.debug_annotation_string_values}
    if packet.HasField("track_descriptor"):
        track = packet.track_descriptor
        assert track.child_ordering == TrackDescriptor.EXPLICIT
        tracks[track.uuid] = track
    if not packet.HasField("track_event"):
        continue
    event = packet.track_event
    name = tracks[event.track_uuid].name
    if event.type == TrackEvent.TYPE_COUNTER:
        counters.setdefault(name, []).append([packet.timestamp, event.counter_value])
    elif event.type == TrackEvent.TYPE_SLICE_BEGIN:
        assert packet.sequence_flags == TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        told = {
            notes[note.name_iid]: texts[note.string_value_iid]
            if note.HasField("string_value_iid")
            else note.uint_value
            for note in event.debug_annotations
        }
        begun = [name, categories[event.category_iids[0]], names[event.name_iid], packet.timestamp]
        assert event.track_uuid not in opened, "slices of a track overlap"
        opened[event.track_uuid] = (begun, told)
        for flow in event.flow_ids:
            flows.setdefault(flow, []).append(["send", name, told["op"]])
    elif event.type == TrackEvent.TYPE_SLICE_END:
        (track, category, kind, begin), told = opened.pop(event.track_uuid)
        slices.append(
            {
                "track": track,
                "category": category,
                "name": kind,
                "from": told.get("start_fs", begin * 1_000_000),
                "to": told.get("done_fs", packet.timestamp * 1_000_000),
                "rounded": [begin, packet.timestamp],
                "notes": told,
            }
        )
        for flow in event.terminating_flow_ids:
            flows.setdefault(flow, []).append(["receive", track, told["op"]])
    else:
        raise AssertionError(event)
assert not opened, opened
assert all(track.parent_uuid in tracks for track in tracks.values() if track.parent_uuid)
siblings = [(track.parent_uuid, track.name) for track in tracks.values()]
assert len(set(siblings)) == len(siblings), "Perfetto would take two tracks for one"
json.dump({"slices": slices, "flows": flows, "counters": counters}, sys.stdout)
