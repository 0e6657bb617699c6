// What a descriptor of the map unit means beyond its fields, and whether the unit can do it.
//
// Combinational, in the cycle of start_i; otherwise all outputs are 0. Operands that an operation has no use for are
// ignored: the outputs say which there are. A beat is the number of elements that go through the unit at a time.

module map_decode (
  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t

  output logic         legal_o,
  output logic [2:0]   beat_o,         // 1, 2 or 4
  output logic         b_vector_o,     // B is read from SRAM
  output logic [1:0]   c_where_o,      // where_e
  output logic [1:0]   shift_mode_o,   // shift_mode_e
  output logic [1:0]   subtract_o      // shift_subtract_e
);

  localparam logic [3:0] FirstColor = 4'(tessera_pkg::FirstDataColor);
  localparam logic [5:0] WidestResult = 6'd32;
  localparam logic [5:0] WidestSquare = 6'd28;   // what both inputs of a multiplier take

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  // Bits of an address that are zero where a vector may start: contiguous ones at a multiple of a full beat, strided
  // ones at a multiple of their size.
  function logic [3:0] alignment(input logic [1:0] size, input logic strided, input logic rotation);
    alignment = (4'd1 << size) - 4'd1;
    if (!strided) alignment = rotation ? {alignment[2:0], 1'b1} : {alignment[1:0], 2'b11};
  endfunction

  logic        mulq, norm, rot, expw, gate, add, adjacent, pair, rms;
  logic        a_strided, out_strided;
  logic [2:0]  a_fit, out_fit;   // elements in a wavelet
  logic [16:0] last_entry;       // of a vector in the accumulators that starts at entry 0
  logic        operation_legal, a_legal, b_legal, c_legal, shift_legal, out_legal, reduce_legal;

  always_comb begin
    {mulq, norm, rot, expw, gate, add, adjacent, pair, rms, a_strided, out_strided} = 11'd0;
    {operation_legal, a_legal, b_legal, c_legal, shift_legal, out_legal, reduce_legal} = 7'd0;
    {a_fit, out_fit} = 6'd0;
    last_entry = 17'd0;
    legal_o = 1'b0;
    beat_o = 3'd0;
    b_vector_o = 1'b0;
    c_where_o = tessera_pkg::WhereNone;
    shift_mode_o = tessera_pkg::ShiftScalar;
    subtract_o = tessera_pkg::SubtractNone;

    if (start_i) begin
      mulq = d.operation == tessera_pkg::MapMulq;
      norm = d.operation == tessera_pkg::MapNorm;
      rot = d.operation == tessera_pkg::MapRot;
      expw = d.operation == tessera_pkg::MapExpw;
      gate = d.operation == tessera_pkg::MapGate;
      add = d.operation == tessera_pkg::MapAdd;
      adjacent = rot && d.mode == tessera_pkg::RotAdjacent;
      rms = norm && d.mode == tessera_pkg::NormRms;
      pair = d.a_size == tessera_pkg::SizePair;
      a_strided = d.a_where == tessera_pkg::WhereSram && d.a_stride != 16'd0;
      out_strided = d.out_where == tessera_pkg::WhereSram && d.out_stride != 16'd0;
      last_entry = {1'b0, d.count - 16'd1} >> 4;

      // ---- operands

      b_vector_o = rot | gate | (mulq & d.b_vector);
      if (mulq || add || (rot && !adjacent)) c_where_o = d.c_where;
      if (mulq || expw) begin
        shift_mode_o = d.shift_mode;
        subtract_o = d.shift_subtract;
      end

      // ---- beat

      a_fit = d.a_where == tessera_pkg::WhereColor ? 3'd4 >> d.a_size : 3'd4;
      out_fit = d.out_where == tessera_pkg::WhereColor ? 3'd4 >> d.out_size : 3'd4;
      beat_o = rot ? 3'd2 : 3'd4;
      if (a_fit < beat_o) beat_o = a_fit;
      if (out_fit < beat_o) beat_o = out_fit;
      if (a_strided || out_strided) beat_o = 3'd1;

      // ---- legality

      operation_legal = (mulq | (norm & ~d.mode[1]) | (rot && d.mode != 2'd3) | expw | gate | add) &&
                        d.count != 16'd0 && d.inner_width <= WidestResult && d.outer_width <= WidestResult &&
                        !(adjacent && (d.count[0] || beat_o != 3'd2));

      unique case (d.a_where)
        tessera_pkg::WhereSram:
          a_legal = !pair && (d.a_address[3:0] & alignment(d.a_size, a_strided, rot)) == 4'd0 &&
                    (d.a_stride[3:0] & alignment(d.a_size, 1'b1, rot)) == 4'd0;
        tessera_pkg::WhereColor:
          a_legal = !pair && d.a_address[15:4] == 12'd0 && d.a_address[3:0] >= FirstColor;
        tessera_pkg::WhereAcc:
          a_legal = {13'd0, d.a_address[3:0]} + last_entry < 17'(tessera_pkg::AccEntries) &&
                    (!pair || ({13'd0, d.a_address[7:4]} + last_entry < 17'(tessera_pkg::AccEntries) &&
                               (mulq || norm || add)));
        default: a_legal = 1'b0;
      endcase
      if (gate && (d.a_where != tessera_pkg::WhereSram || d.a_size != tessera_pkg::Size16)) a_legal = 1'b0;
      if (expw && d.a_where != tessera_pkg::WhereAcc && d.a_size != tessera_pkg::Size32) a_legal = 1'b0;

      if (b_vector_o) b_legal = d.b_value[31:16] == 16'd0 && d.b_value[1:0] == 2'd0 && (adjacent || !d.b_value[2]);
      else if (mulq) b_legal = d.b_value[31:27] == {5{d.b_value[27]}};
      else b_legal = ~rms | d.b_value[31:27] == 5'd0;

      unique case (c_where_o)
        tessera_pkg::WhereNone: c_legal = ~rot | adjacent;
        tessera_pkg::WhereSram:
          c_legal = d.c_size != tessera_pkg::SizePair &&
                    (d.c_address[3:0] & alignment(d.c_size, 1'b0, rot)) == 4'd0;
        tessera_pkg::WhereAcc:
          c_legal = {13'd0, d.c_address[3:0]} + last_entry < 17'(tessera_pkg::AccEntries) &&
                    !(pair && d.a_where == tessera_pkg::WhereAcc);
        default: c_legal = 1'b0;
      endcase

      shift_legal = shift_mode_o != 2'd3 && subtract_o != 2'd3 &&
                    (subtract_o != tessera_pkg::SubtractTail || d.a_where == tessera_pkg::WhereAcc) &&
                    (shift_mode_o == tessera_pkg::ShiftScalar || d.shift_address[1:0] == 2'd0);

      unique case (d.out_where)
        tessera_pkg::WhereSram:
          out_legal = d.out_size != tessera_pkg::SizePair &&
                      (d.out_address[3:0] & alignment(d.out_size, out_strided, rot)) == 4'd0 &&
                      (d.out_stride[3:0] & alignment(d.out_size, 1'b1, rot)) == 4'd0;
        tessera_pkg::WhereColor:
          out_legal = d.out_size != tessera_pkg::SizePair && d.out_address[15:4] == 12'd0 &&
                      d.out_address[3:0] >= FirstColor && d.out_stride[15:8] == 8'd0;
        tessera_pkg::WhereAcc:
          out_legal = !norm && {13'd0, d.out_address[3:0]} + last_entry < 17'(tessera_pkg::AccEntries);
        default: out_legal = ~norm;
      endcase
      if (expw && (d.out_where == tessera_pkg::WhereSram || d.out_where == tessera_pkg::WhereColor) &&
          d.out_size != tessera_pkg::Size16) out_legal = 1'b0;

      unique case (d.reduce)
        tessera_pkg::ReduceNone, tessera_pkg::ReduceSum: reduce_legal = 1'b1;
        tessera_pkg::ReduceMaxMagnitude, tessera_pkg::ReduceMaxIndex: reduce_legal = ~expw;
        tessera_pkg::ReduceSumSquares:
          reduce_legal = add && d.outer_width != 6'd0 && d.outer_width <= WidestSquare;
        default: reduce_legal = 1'b0;
      endcase

      legal_o = operation_legal & a_legal & b_legal & c_legal & shift_legal & out_legal & reduce_legal;
    end
  end

endmodule
