// The four lanes of the map unit, and which of their stages hold a beat.
//
// load_i says that the operand registers (map_extract) take a beat in this cycle. It goes through the four stages
// of the lanes, one in each cycle with advance_i, together with all others. advance_i is low while there is
// nothing. `prepare` works for the descriptor that was started last, the other stages for the one that took them over
// with hand_i.

module map_arithmetic (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic         b_vector_i,
  input  logic [1:0]   c_where_i,
  input  logic [1:0]   shift_mode_i,
  input  logic         hand_i,

  input  logic [31:0]  maximum_i,
  input  logic [4:0]   norm_shift_i,
  input  logic [17:0]  shift_base_i,
  input  logic [6:0]   shift_i,
  input  logic [1:0]   setup_stage_i,  // a norm's maximum is in the operand registers, in those behind `prepare`

  input  logic         advance_i,
  input  logic         load_i,
  input  logic         load_last_i,
  input  logic [35:0]  a0_i,
  input  logic [35:0]  a1_i,
  input  logic [35:0]  a2_i,
  input  logic [35:0]  a3_i,
  input  logic [63:0]  b_i,
  input  logic [127:0] c_i,
  input  logic [31:0]  shift_bytes_i,

  output logic [4:0]   stages_o,       // hold a beat, from the operand registers (0) to the results, out_o (4)
  output logic         last_o,
  output logic [127:0] out_o,
  output logic         product_last_o,
  output logic [63:0]  product0_o,
  output logic [63:0]  product1_o,
  output logic [63:0]  product2_o,
  output logic [63:0]  product3_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  localparam logic [31:0] LargestWeight = 32'd16383;    // of a softmax
  localparam logic [31:0] LargestRotated = 32'd32767;

  logic [4:0]  valid_q, last_q;
  logic [3:0]  enable;
  logic        look_up;
  // What the descriptor that was started last asks for.
  logic [2:0]  operation_q;
  logic        norm_rms_q, b_vector_q, c_used_q, square_q, inner_q, outer_q, rotation_add0_q, rotation_add1_q;
  logic [1:0]  shift_mode_q;
  logic [35:0] offset_q;
  logic [31:0] inner_limit_q;
  logic [27:0] scalar_q;
  logic [30:0] outer_limit_q;
  // What the one that has the stages behind `prepare` does.
  logic [2:0]  late_operation_q;
  logic        late_c_used_q, late_square_q, late_scalar_shift_q, late_inner_q, late_outer_q;
  logic        late_rotation_add0_q, late_rotation_add1_q;
  logic [31:0] late_inner_limit_q;
  logic [30:0] late_outer_limit_q;

  assign stages_o = valid_q;
  assign last_o = last_q[4];
  assign product_last_o = last_q[2];

  always_comb begin
    enable = {2'b00, setup_stage_i};
    if (advance_i) enable = enable | valid_q[3:0];
  end

  assign look_up = valid_q[0] && (operation_q == tessera_pkg::MapExpw || operation_q == tessera_pkg::MapGate);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 5'd0;
      last_q <= 5'd0;
    end else if (advance_i) begin
      valid_q <= {valid_q[3:0], load_i};
      last_q <= {last_q[3:0], load_last_i};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      operation_q <= 3'd0;
      {norm_rms_q, b_vector_q, c_used_q, square_q, inner_q, outer_q, rotation_add0_q, rotation_add1_q} <= 8'd0;
      shift_mode_q <= 2'd0;
      offset_q <= 36'd0;
      inner_limit_q <= 32'd0;
      scalar_q <= 28'd0;
      outer_limit_q <= 31'd0;
    end else if (start_i) begin
      operation_q <= d.operation;
      norm_rms_q <= d.mode == tessera_pkg::NormRms;
      offset_q <= 36'($signed({d.offset_high, d.offset_low}));
      scalar_q <= d.b_value[27:0];
      b_vector_q <= b_vector_i;
      c_used_q <= d.operation != tessera_pkg::MapRot && c_where_i != tessera_pkg::WhereNone;
      square_q <= d.reduce == tessera_pkg::ReduceSumSquares;
      shift_mode_q <= shift_mode_i;
      rotation_add0_q <= d.mode == tessera_pkg::RotHigh;
      rotation_add1_q <= d.mode != tessera_pkg::RotLow;
      outer_q <= d.outer_width != 6'd0 &&
                 (d.operation == tessera_pkg::MapMulq || d.operation == tessera_pkg::MapAdd);
      outer_limit_q <= 31'h7fff_ffff >> (6'd32 - d.outer_width);
      unique case (d.operation)
        tessera_pkg::MapRot: begin
          inner_q <= 1'b1;
          inner_limit_q <= LargestRotated;
        end
        tessera_pkg::MapExpw: begin
          inner_q <= 1'b1;
          inner_limit_q <= LargestWeight;
        end
        default: begin
          inner_q <= d.inner_width != 6'd0 && d.operation != tessera_pkg::MapGate;
          inner_limit_q <= (32'h8000_0000 >> (6'd32 - d.inner_width)) - {31'd0, ~d.clamp_power};
        end
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      late_operation_q <= 3'd0;
      {late_c_used_q, late_square_q, late_scalar_shift_q, late_inner_q, late_outer_q} <= 5'd0;
      {late_rotation_add0_q, late_rotation_add1_q} <= 2'd0;
      late_inner_limit_q <= 32'd0;
      late_outer_limit_q <= 31'd0;
    end else if (hand_i) begin
      late_operation_q <= operation_q;
      late_c_used_q <= c_used_q;
      late_square_q <= square_q;
      late_scalar_shift_q <= shift_mode_q == tessera_pkg::ShiftScalar;
      late_inner_q <= inner_q;
      late_outer_q <= outer_q;
      late_rotation_add0_q <= rotation_add0_q;
      late_rotation_add1_q <= rotation_add1_q;
      late_inner_limit_q <= inner_limit_q;
      late_outer_limit_q <= outer_limit_q;
    end
  end

  // ---------------------------------------------------------------- lanes

  map_lane u_lane0 (
    .clk_i, .rst_ni, .enable_i(enable), .look_up_i(look_up),
    .operation_i(operation_q), .norm_rms_i(norm_rms_q), .norm_shift_i, .offset_i(offset_q), .maximum_i,
    .scalar_i(scalar_q), .b_vector_i(b_vector_q), .c_used_i(c_used_q), .square_i(square_q),
    .shift_mode_i(shift_mode_q), .shift_base_i, .outer_i(outer_q), .outer_limit_i(outer_limit_q),
    .late_operation_i(late_operation_q), .late_c_used_i(late_c_used_q), .late_square_i(late_square_q),
    .late_scalar_shift_i(late_scalar_shift_q), .shift_i, .rotation_add_i(late_rotation_add0_q),
    .inner_i(late_inner_q), .inner_limit_i(late_inner_limit_q),
    .late_outer_i(late_outer_q), .late_outer_limit_i(late_outer_limit_q),
    .a_i(a0_i), .b_i(b_i[15:0]), .c_i(c_i[31:0]), .shift_byte_i(shift_bytes_i[7:0]),
    .partner_i(product2_o), .product_o(product0_o), .out_o(out_o[31:0])
  );

  map_lane u_lane1 (
    .clk_i, .rst_ni, .enable_i(enable), .look_up_i(look_up),
    .operation_i(operation_q), .norm_rms_i(norm_rms_q), .norm_shift_i, .offset_i(offset_q), .maximum_i,
    .scalar_i(scalar_q), .b_vector_i(b_vector_q), .c_used_i(c_used_q), .square_i(square_q),
    .shift_mode_i(shift_mode_q), .shift_base_i, .outer_i(outer_q), .outer_limit_i(outer_limit_q),
    .late_operation_i(late_operation_q), .late_c_used_i(late_c_used_q), .late_square_i(late_square_q),
    .late_scalar_shift_i(late_scalar_shift_q), .shift_i, .rotation_add_i(late_rotation_add1_q),
    .inner_i(late_inner_q), .inner_limit_i(late_inner_limit_q),
    .late_outer_i(late_outer_q), .late_outer_limit_i(late_outer_limit_q),
    .a_i(a1_i), .b_i(b_i[31:16]), .c_i(c_i[63:32]), .shift_byte_i(shift_bytes_i[15:8]),
    .partner_i(product3_o), .product_o(product1_o), .out_o(out_o[63:32])
  );

  map_lane u_lane2 (
    .clk_i, .rst_ni, .enable_i(enable), .look_up_i(look_up),
    .operation_i(operation_q), .norm_rms_i(norm_rms_q), .norm_shift_i, .offset_i(offset_q), .maximum_i,
    .scalar_i(scalar_q), .b_vector_i(b_vector_q), .c_used_i(c_used_q), .square_i(square_q),
    .shift_mode_i(shift_mode_q), .shift_base_i, .outer_i(outer_q), .outer_limit_i(outer_limit_q),
    .late_operation_i(late_operation_q), .late_c_used_i(late_c_used_q), .late_square_i(late_square_q),
    .late_scalar_shift_i(late_scalar_shift_q), .shift_i, .rotation_add_i(1'b0),
    .inner_i(late_inner_q), .inner_limit_i(late_inner_limit_q),
    .late_outer_i(late_outer_q), .late_outer_limit_i(late_outer_limit_q),
    .a_i(a2_i), .b_i(b_i[47:32]), .c_i(c_i[95:64]), .shift_byte_i(shift_bytes_i[23:16]),
    .partner_i(64'd0), .product_o(product2_o), .out_o(out_o[95:64])
  );

  map_lane u_lane3 (
    .clk_i, .rst_ni, .enable_i(enable), .look_up_i(look_up),
    .operation_i(operation_q), .norm_rms_i(norm_rms_q), .norm_shift_i, .offset_i(offset_q), .maximum_i,
    .scalar_i(scalar_q), .b_vector_i(b_vector_q), .c_used_i(c_used_q), .square_i(square_q),
    .shift_mode_i(shift_mode_q), .shift_base_i, .outer_i(outer_q), .outer_limit_i(outer_limit_q),
    .late_operation_i(late_operation_q), .late_c_used_i(late_c_used_q), .late_square_i(late_square_q),
    .late_scalar_shift_i(late_scalar_shift_q), .shift_i, .rotation_add_i(1'b0),
    .inner_i(late_inner_q), .inner_limit_i(late_inner_limit_q),
    .late_outer_i(late_outer_q), .late_outer_limit_i(late_outer_limit_q),
    .a_i(a3_i), .b_i(b_i[63:48]), .c_i(c_i[127:96]), .shift_byte_i(shift_bytes_i[31:24]),
    .partner_i(64'd0), .product_o(product3_o), .out_o(out_o[127:96])
  );

endmodule
